"""Settings of the whole library: the default float, the fuzz factor, the image data format."""

from __future__ import annotations

from contextvars import ContextVar

from horn.errors import ArgumentError, suggestion

_floatx: ContextVar[str] = ContextVar("horn_floatx", default="float32")
_epsilon: ContextVar[float] = ContextVar("horn_epsilon", default=1e-7)
_image_data_format: ContextVar[str] = ContextVar("horn_image_data_format", default="channels_last")


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
    return _floatx.get()


def set_floatx(value: str) -> None:
    """Set the dtype of new weights and of float data, for this context."""
    _floatx.set(_one_of("floatx", value, ("float16", "bfloat16", "float32", "float64")))


def epsilon() -> float:
    """Return the fuzz factor that keeps logarithms and divisions finite, 1e-7 unless set."""
    return _epsilon.get()


def set_epsilon(value: float) -> None:
    """Set the fuzz factor, for this context."""
    _epsilon.set(float(value))


def image_data_format() -> str:
    """Return where images keep their channels: ``"channels_last"`` unless set."""
    return _image_data_format.get()


def set_image_data_format(value: str) -> None:
    """Set where images keep their channels, for this context."""
    _image_data_format.set(
        _one_of("image_data_format", value, ("channels_last", "channels_first"))
    )
