"""The elementwise family: arithmetic, rounding, exponentials, angles, comparisons and choices."""

from horn.spec.elementwise import (  # noqa: F401  (each page registers its ops)
    arithmetic,
    comparison,
    exponential,
    rounding,
    special,
    trigonometric,
)
