"""Names that Keras keeps in `utils`."""

from horn.api.models.py_dataset import PyDataset
from horn.api.naming import clear_names as clear_session
from horn.state.random import set_random_seed

__all__ = ["PyDataset", "clear_session", "set_random_seed"]
