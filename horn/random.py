"""Random numbers: the public names."""

from horn.api.random import normal, uniform
from horn.state.random import Stream, set_random_seed

__all__ = ["Stream", "normal", "set_random_seed", "uniform"]
