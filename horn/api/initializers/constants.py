"""Initializers without chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn.api.bounds import choice, flag, real
from horn.api.initializers.initializer import Initializer, in_dtype
from horn.errors import ArgumentError, ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable


class Zeros(Initializer):
    """All zeros.

    Example:
        >>> Zeros()((2,))
        array([0., 0.], dtype=float32)
    """

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        return in_dtype(np.zeros(shape), dtype)


class Ones(Initializer):
    """All ones.

    Example:
        >>> Ones()((2,), "int32")
        array([1, 1], dtype=int32)
    """

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        return in_dtype(np.ones(shape), dtype)


class Constant(Initializer):
    """One value everywhere.

    Args:
        value: A number, or an array that broadcasts to the weight.

    Raises:
        ArgumentError: The value is no number and no array of numbers.

    Example:
        >>> Constant(2)((2,))
        array([2., 2.], dtype=float32)
    """

    def __init__(self, value: Any = 0.0) -> None:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf" or isinstance(value, bool) or np.isnan(array).any():
            raise ArgumentError(
                "Constant was given something that is no number.",
                expected="a number, or an array of numbers",
                got=f"value={value!r}",
                remedy="write Constant(0.5)",
            )
        self.value = value

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        return in_dtype(np.broadcast_to(np.asarray(self.value), shape), dtype)

    def get_config(self) -> dict[str, Any]:
        return {"value": self.value}


class Identity(Initializer):
    """The identity matrix times a number; zeros beside it where the matrix is not square.

    Args:
        gain: The number.

    Raises:
        ShapeError: It is called for a weight that is no matrix.

    Example:
        >>> Identity(2.0)((2, 3))
        array([[2., 0., 0.], [0., 2., 0.]], dtype=float32)
    """

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = real("Identity", "gain", gain)

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        if len(shape) != 2:
            raise ShapeError(
                "Identity was asked for a weight that is no matrix.",
                expected="a shape of 2 sizes",
                got=str(tuple(shape)),
                remedy="use another initializer, such as 'orthogonal'",
            )
        return in_dtype(np.eye(*shape) * self.gain, dtype)

    def get_config(self) -> dict[str, Any]:
        return {"gain": self.gain}


_WINDOWS: dict[str, Callable[[int], np.ndarray]] = {
    "hann": np.hanning,
    "hamming": np.hamming,
    "blackman": np.blackman,
    "bartlett": np.bartlett,
}


class STFT(Initializer):
    """The kernel of a short-time Fourier transform, for a convolution over one channel.

    Element (n, 0, k) is ``cos(2 pi n k / size)``, or ``-sin`` for the imaginary part, times the
    window, where ``size = 2 * (frequencies - 1)``.

    Args:
        side: ``"real"`` or ``"imag"``.
        window: ``"hann"``, ``"hamming"``, ``"blackman"``, ``"bartlett"``, or None for none.
        scaling: ``"density"`` to divide by the root of the window's sum of squares, ``"spectrum"`` to
            divide by its sum, or None. Without a window nothing is divided.
        periodic: Whether the window is that of a periodic signal, and not symmetric.

    Raises:
        ArgumentError: An argument is none of these words.
        ShapeError: It is called for a shape other than (frame, 1, frequencies), two frequencies at least.

    Reference:
        Allen & Rabiner, Proceedings of the IEEE 65 (1977) 1558-1564.

    Example:
        >>> STFT("real", window=None, scaling=None)((4, 1, 3))[:, 0].round(3) + 0.0
        array([[ 1.,  1.,  1.], [ 1.,  0., -1.], [ 1., -1.,  1.], [ 1.,  0., -1.]], dtype=float32)
    """

    def __init__(
        self,
        side: str = "real",
        window: str | None = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ) -> None:
        self.side = choice("STFT", "side", side, ("real", "imag"))
        self.window = window if window is None else choice("STFT", "window", window, tuple(_WINDOWS))
        self.scaling = scaling if scaling is None else choice("STFT", "scaling", scaling, ("density", "spectrum"))
        self.periodic = flag("STFT", "periodic", periodic)

    def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> np.ndarray:
        if len(shape) != 3 or shape[1] != 1 or shape[2] < 2:
            raise ShapeError(
                "STFT was asked for a weight that is no kernel of a Fourier transform.",
                expected="a shape (frame, 1, frequencies) with two frequencies at least",
                got=str(tuple(shape)),
                remedy="use it for the kernel of a Conv1D over one channel",
            )
        frame, _, frequencies = shape
        angles = 2.0 * np.pi / (2 * (frequencies - 1)) * np.outer(np.arange(frame), np.arange(frequencies))
        waves = np.cos(angles) if self.side == "real" else -np.sin(angles)
        return in_dtype((waves * self._weights(frame)[:, None])[:, None, :], dtype)

    def _weights(self, frame: int) -> np.ndarray:
        """Return the window, divided as `scaling` says."""
        if self.window is None:
            return np.ones(frame)
        made = _WINDOWS[self.window]
        window = made(frame + 1)[:-1] if self.periodic else made(frame)
        size = {None: 1.0, "density": np.sqrt(np.sum(window**2)), "spectrum": np.sum(window)}[self.scaling]
        return window / size

    def get_config(self) -> dict[str, Any]:
        return {"side": self.side, "window": self.window, "periodic": self.periodic, "scaling": self.scaling}
