"""The built-in NumPy backend."""

from horn.numpy_backend.backend import NumPyBackend

__all__ = ["NumPyBackend"]
