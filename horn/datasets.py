"""Data sets: the public names."""

from horn.api.datasets import digits, mnist

__all__ = ["digits", "mnist"]
