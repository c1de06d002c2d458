"""Models: the public names."""

from horn.api.models.cloning import clone_model
from horn.api.models.functional import Functional
from horn.api.models.model import Model
from horn.api.models.sequential import Sequential

__all__ = ["Functional", "Model", "Sequential", "clone_model"]
