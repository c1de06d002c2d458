"""`TimeDistributed`: one layer, applied to every step of a sequence."""

from __future__ import annotations

from typing import Any

from horn import tree
from horn.api.layers import masks
from horn.api.layers.layer import Layer
from horn.errors import ArgumentError, ShapeError
from horn.spec import graph, ops


class TimeDistributed(Layer):
    """A layer applied to each step of sequences, with the same weights.

    All steps go through the layer at once, as one batch of (batch * time) examples; so a layer
    that looks at the whole batch, such as `BatchNormalization`, sees all steps together, and
    `Dropout` drops differently at each step.

    Args:
        layer: The layer, for inputs (batch, ...).
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  (batch, time, ...)
        mask:    (batch, time), handed on; one of (batch, time, ...) is the layer's too
        returns: (batch, time, ...) of what the layer returns

    Raises:
        ArgumentError: `layer` is none.

    Example:
        >>> from horn.api.layers.core import Dense
        >>> TimeDistributed(Dense(3))(np.ones((2, 5, 4), "float32")).shape
        (2, 5, 3)
    """

    supports_masking = True

    def __init__(self, layer: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise ArgumentError(
                "TimeDistributed was given something that is no layer.",
                expected="a Layer",
                got=repr(layer),
                remedy="write TimeDistributed(Dense(10))",
            )
        self.layer = layer

    def build(self, input_shape: Any) -> None:
        """Build the layer for one step."""
        if len(input_shape) < 2:
            raise ShapeError(
                f"TimeDistributed {self.name!r} was given inputs of {len(input_shape)} axes.",
                expected="(batch, time, ...)",
                got=f"{len(input_shape)} axes",
                remedy="add the axis of time, or call the layer itself",
            )
        if not self.layer.built:
            with graph.scope(self.layer.name):
                self.layer.build((input_shape[0], *input_shape[2:]))
            self.layer.built = True

    def call(self, inputs: Any, mask: Any = None, training: bool = False) -> Any:
        """Return what the layer makes of each step."""
        del training  # the layer takes it from the call around it
        batch, time, *rest = ops.shape(inputs)
        steps = ops.reshape(inputs, (batch * time, *rest))
        if mask is not None and len(ops.shape(mask)) > 2:
            masks.put(steps, ops.reshape(mask, (batch * time, *ops.shape(mask)[2:])))
        outputs = self.layer(steps)
        return tree.map_structure(lambda y: ops.reshape(y, (batch, time, *ops.shape(y)[1:])), outputs)
