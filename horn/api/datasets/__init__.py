"""Small data sets to start with: `digits` comes with the package, `mnist` is downloaded once."""

from horn.api.datasets import digits, mnist

__all__ = ["digits", "mnist"]
