"""Names that Keras keeps in `utils`."""

from horn.api.layers.layer import clear_names as clear_session
from horn.api.models.py_dataset import PyDataset
from horn.state.random import set_random_seed

__all__ = ["PyDataset", "clear_session", "set_random_seed"]
