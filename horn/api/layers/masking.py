"""`Masking`: the steps of a sequence that hold nothing but one value are left out."""

from __future__ import annotations

from typing import Any

from horn.api.bounds import real
from horn.api.layers.layer import Layer
from horn.spec import ops


class Masking(Layer):
    """Sequences with a mask that leaves out the steps in which every feature is `mask_value`.

    Those steps are zero in the output. Later layers that support masks skip them.

    Args:
        mask_value: The value.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, time, features)
        returns: the same; the mask is (batch, time)

    Example:
        >>> Masking(-1.0)(np.array([[[-1.0, -1.0], [-1.0, 2.0]]], "float32"))
        array([[[ 0.,  0.],
                [-1.,  2.]]], dtype=float32)
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = real("Masking", "mask_value", mask_value)

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Return which steps hold something."""
        del previous_mask
        return self._holds_something(inputs, keepdims=False)

    def _holds_something(self, inputs: Any, *, keepdims: bool) -> Any:
        other = ops.cast(ops.not_equal(inputs, self.mask_value), "int32")
        return ops.not_equal(ops.max(other, axis=-1, keepdims=keepdims), 0)

    def call(self, inputs: Any) -> Any:
        """Return the inputs, with zeros in the steps that are left out."""
        return ops.where(self._holds_something(inputs, keepdims=True), inputs, 0.0)
