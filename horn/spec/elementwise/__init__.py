"""The elementwise family: arithmetic, exponentials, comparisons and choices."""

from horn.spec.elementwise import arithmetic, comparison, exponential  # noqa: F401
