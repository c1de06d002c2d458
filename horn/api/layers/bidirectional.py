"""`Bidirectional`: a recurrent layer that runs both ways."""

from __future__ import annotations

from typing import Any

from horn import tree
from horn.api.bounds import several
from horn.api.layers.layer import Layer
from horn.api.layers.over_time import backwards
from horn.errors import ArgumentError
from horn.spec import graph, ops

_MODES = ("sum", "mul", "ave", "concat", None)
_NEEDED = ("go_backwards", "return_sequences", "return_state", "stateful")


class Bidirectional(Layer):
    """A recurrent layer run over sequences from the first step on, and another from the last step back.

    With `return_sequences` the outputs of masked steps are zero.

    Args:
        layer: The recurrent layer; it is copied twice.
        merge_mode: ``"concat"``, ``"sum"``, ``"mul"`` or ``"ave"`` for one result of both; None to
            return both.
        weights: The first values of the weights, those of the way forward first.
        backward_layer: For the way back, in place of a copy of `layer`.
        **kwargs: Those of `Layer`.

    Shapes:
        sequences:     (batch, time, features)
        initial_state: a list, the states of the way forward first
        returns:       (batch, units), 2 * units with ``"concat"``, or (batch, time, ...) for all;
                       then the states of both ways, if the layer returns its states

    Raises:
        ArgumentError: A layer is none that can run both ways, or does not match the other.

    Reference:
        Schuster & Paliwal, Bidirectional recurrent neural networks, IEEE Transactions on Signal
        Processing 45 (1997) 2673-2681.

    Example:
        >>> from horn.api.layers.lstm import LSTM
        >>> Bidirectional(LSTM(3))(np.ones((2, 5, 4), "float32")).shape
        (2, 6)
    """

    supports_masking = True

    def __init__(
        self, layer: Any, merge_mode: str | None = "concat", weights: Any = None, backward_layer: Any = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        _check_recurrent("layer", layer)
        if backward_layer is not None:
            _check_recurrent("backward_layer", backward_layer)
        if weights is not None:
            weights = several("Bidirectional", "weights", weights)
        if merge_mode not in _MODES:
            raise ArgumentError(
                "Bidirectional was given a way to merge that it does not know.",
                expected=f"one of {', '.join(map(repr, _MODES))}",
                got=f"merge_mode={merge_mode!r}",
                remedy="write merge_mode='concat'",
            )
        super().__init__(**kwargs)
        self.merge_mode = merge_mode
        self._first_weights = weights
        name = layer.name.removeprefix("forward_").removeprefix("backward_")
        self.forward_layer = _copy(layer, name=f"forward_{name}")
        self.backward_layer = (
            _copy(layer, name=f"backward_{name}", go_backwards=not layer.go_backwards)
            if backward_layer is None
            else backward_layer
        )
        self._check_pair()
        for flag in ("return_sequences", "return_state", "stateful"):
            setattr(self, flag, getattr(layer, flag))
        if self.return_sequences:
            # The two ways have left different steps behind at a masked one, so it is zero in both.
            self.forward_layer.zero_output_for_mask = self.backward_layer.zero_output_for_mask = True

    return_sequences: bool
    return_state: bool
    stateful: bool

    def _check_pair(self) -> None:
        ahead, back = self.forward_layer, self.backward_layer
        wrong = [
            n
            for n in ("stateful", "return_sequences", "return_state")
            if getattr(ahead, n) != getattr(back, n)
        ]
        if ahead.go_backwards == back.go_backwards:
            wrong.append("go_backwards")
        if wrong:
            raise ArgumentError(
                "Bidirectional was given two layers that do not match.",
                expected="equal stateful, return_sequences and return_state, and opposite go_backwards",
                got=", ".join(f"{n}={getattr(ahead, n)} and {n}={getattr(back, n)}" for n in wrong),
                remedy="make backward_layer as `layer`, with go_backwards=True",
            )

    @property
    def layer(self) -> Any:
        """The layer of the way forward."""
        return self.forward_layer

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer; weights are none of them."""
        config = super().get_config()
        del config["weights"]
        return config

    def build(self, input_shape: Any) -> None:
        """Build both layers."""
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                with graph.scope(layer.name):
                    layer.build(input_shape)
                layer.built = True
        if self._first_weights is not None:
            self.set_weights(list(self._first_weights))

    def reset_state(self) -> None:
        """Set the states of stateful layers to zero."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    @property
    def states(self) -> Any:
        """The states of both layers, or None."""
        ahead, back = self.forward_layer.states, self.backward_layer.states
        return None if ahead is None else [*ahead, *back]

    def call(
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False
    ) -> Any:
        """Return the merged outputs, and the states if the layer returns them."""
        given = [] if initial_state is None else list(initial_state)
        half = len(given) // 2
        ahead = self._one_way(self.forward_layer, sequences, given[:half], mask, training)
        back = self._one_way(self.backward_layer, sequences, given[half:], mask, training)
        states = [*ahead[1:], *back[1:]]
        merged = self._merged(ahead[0], backwards(back[0], 1) if self.return_sequences else back[0])
        if not self.return_state:
            return merged
        return (*merged, *states) if self.merge_mode is None else (merged, *states)

    def _one_way(self, layer: Any, sequences: Any, states: Any, mask: Any, training: bool) -> Any:  # noqa: FBT001
        """Return a tuple of the output and the states."""
        result = layer(sequences, initial_state=states or None, mask=mask, training=training)
        results = result if isinstance(result, tuple) else (result,)
        return tuple(tree.map_structure(lambda x: ops.cast(x, self.compute_dtype), one) for one in results)

    def _merged(self, ahead: Any, back: Any) -> Any:
        if self.merge_mode == "concat":
            return ops.concatenate([ahead, back], axis=-1)
        if self.merge_mode == "mul":
            return ops.multiply(ahead, back)
        if self.merge_mode is None:
            return ahead, back
        total = ops.add(ahead, back)
        return total if self.merge_mode == "sum" else ops.multiply(total, 0.5)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return the mask of each output, which only those of every step have."""
        del inputs
        mask = tree.flatten(previous_mask)[0] if self.return_sequences and previous_mask is not None else None
        return mask if self.merge_mode else [mask, mask]


def _check_recurrent(argument: str, layer: Any) -> None:
    if not isinstance(layer, Layer) or not all(hasattr(layer, name) for name in _NEEDED):
        raise ArgumentError(
            "Bidirectional was given something that cannot run both ways.",
            expected=f"a recurrent layer, with {', '.join(_NEEDED)}",
            got=f"{argument}={layer!r}",
            remedy="write Bidirectional(LSTM(64))",
        )


def _copy(layer: Layer, **changes: Any) -> Any:
    """Return a layer of the same arguments but those that change; it has no weights yet."""
    config = layer.get_config()
    own = {name: _fresh(getattr(layer, name)) for name in config if name != "dtype" and hasattr(layer, name)}
    return type(layer).from_config({**config, **own, **changes})


def _fresh(value: Any) -> Any:
    """Return an argument for a copy: layers are copied too."""
    if isinstance(value, list):
        return [_fresh(item) for item in value]
    return _copy(value) if isinstance(value, Layer) else value
