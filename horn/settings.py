"""Settings of the whole library: the default float, the fuzz factor, the precision of products ...

They are kept as one immutable value, since what an op means may depend on any of them: whoever
remembers something for a signature remembers it for these settings too.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import NamedTuple

from horn.errors import ArgumentError, suggestion


class Settings(NamedTuple):
    """All settings at one moment."""

    floatx: str = "float32"
    epsilon: float = 1e-7
    image_data_format: str = "channels_last"
    dtype_policy: str | None = None
    matmul_precision: str = "fast"


_settings: ContextVar[Settings] = ContextVar("horn_settings", default=Settings())  # noqa: B039  (immutable)
current = _settings.get


def _one_of(what: str, value: str, choices: tuple[str, ...]) -> str:
    if value not in choices:
        raise ArgumentError(
            f"{what} has no value {value!r}.",
            expected=f"one of {', '.join(choices)}",
            got=repr(value),
            remedy=suggestion(value, choices),
        )
    return value


def floatx() -> str:
    """Return the dtype of new weights and of float data, ``"float32"`` unless set."""
    return current().floatx


def set_floatx(value: str) -> None:
    """Set the dtype of new weights and of float data, for this context."""
    name = _one_of("floatx", value, ("float16", "bfloat16", "float32", "float64"))
    _settings.set(current()._replace(floatx=name))


def epsilon() -> float:
    """Return the fuzz factor that keeps logarithms and divisions finite, 1e-7 unless set."""
    return current().epsilon


def set_epsilon(value: float) -> None:
    """Set the fuzz factor, for this context."""
    _settings.set(current()._replace(epsilon=float(value)))


def image_data_format() -> str:
    """Return where images keep their channels: ``"channels_last"`` unless set."""
    return current().image_data_format


def set_image_data_format(value: str) -> None:
    """Set where images keep their channels, for this context."""
    name = _one_of("image_data_format", value, ("channels_last", "channels_first"))
    _settings.set(current()._replace(image_data_format=name))


def set_dtype_policy(name: str | None) -> None:
    """Set the dtype policy of new layers by its name, for this context; None for the default float."""
    _settings.set(current()._replace(dtype_policy=name))


def matmul_precision() -> str:
    """Return how exact products of float32 matrices and convolutions are: ``"fast"`` unless set."""
    return current().matmul_precision


def set_matmul_precision(value: str) -> None:
    """Set how exact products of float32 matrices and convolutions are, for this context.

    A processor computes them in float32 in any case. GPUs also have units that round what they multiply
    to fewer bits (TensorFloat-32 keeps 10 of 23 digits) and are several times as fast.

    Args:
        value: ``"float32"`` for float32 on every device; ``"fast"`` for what the framework does by itself:
            JAX and TensorFlow use those units, PyTorch in convolutions alone.

    Raises:
        ArgumentError: There is no such precision.

    Example:
        >>> set_matmul_precision("float32")
        >>> matmul_precision()
        'float32'
        >>> set_matmul_precision("fast")
    """
    name = _one_of("matmul_precision", value, ("fast", "float32"))
    _settings.set(current()._replace(matmul_precision=name))
