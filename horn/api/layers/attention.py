"""Attention layers that compare queries and keys as they are."""

from __future__ import annotations

from typing import Any

from horn import dtypes
from horn.api.bounds import choice, flag, real
from horn.api.layers.regularization import Noise
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.sizes import public


class Attention(Noise):
    """What each query takes from the values: the more, the better it fits their keys.

    Args:
        use_scale: Whether to multiply the scores by a learned number.
        score_mode: ``"dot"`` for products of queries and keys, ``"concat"`` for the sum over the features of
            ``tanh(query + key)``, times a learned number.
        dropout: The share of the weights to drop while training, in [0, 1).
        seed: For the dropout; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        inputs:  [query, value] or [query, value, key]: (batch, queries, size), (batch, keys, value size)
            and (batch, keys, size); the values are the keys unless these are given
        mask:    [query mask, value mask], each (batch, steps) or None
        returns: (batch, queries, value size); with `return_attention_scores` also the weights,
            (batch, queries, keys)

    Masks:
        Keys that the mask of the values leaves out get no share, outputs of queries that theirs leaves
        out are zero. The outputs have the mask of the queries.

    Raises:
        ArgumentError: An argument means nothing here, or it is called with anything but 2 or 3 inputs.
        ShapeError: The inputs do not fit.

    Reference:
        Luong, Pham & Manning, Effective Approaches to Attention-based Neural Machine Translation,
        arXiv:1508.04025.

    Example:
        >>> value = np.array([[[1.0], [3.0]]], "float32")
        >>> Attention()([np.zeros((1, 1, 1), "float32"), value])
        array([[[2.]]], dtype=float32)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, **kwargs)
        self.use_scale = flag(type(self).__name__, "use_scale", use_scale)
        self.score_mode = choice(type(self).__name__, "score_mode", score_mode, ("dot", "concat"))
        self.dropout = real(type(self).__name__, "dropout", dropout, "[0, 1)")

    def build(self, input_shape: Any) -> None:
        """Make the factors of the scores."""
        del input_shape
        self.scale = self.add_weight((), "ones", name="scale") if self.use_scale else None
        self.concat_score_weight = (
            self.add_weight((), "ones", name="concat_score_weight") if self.score_mode == "concat" else None
        )

    def call(
        self,
        inputs: Any,
        mask: Any = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return what each query takes, and with `return_attention_scores` the weights too."""
        query, value, key = self._three(inputs)
        query_mask, value_mask = self._two(mask)
        scores = self._scores(query, key)
        seen = None if value_mask is None else ops.expand_dims(value_mask, 1)
        if use_causal_mask:
            causal = ops.expand_dims(earlier(ops.shape(query)[1], ops.shape(key)[1]), 0)
            seen = causal if seen is None else ops.logical_and(seen, causal)
        weights = masked_softmax(scores, seen)
        if training and self.dropout:
            weights = ops.dropout(weights, *self.stream.next(), rate=self.dropout)
        outputs = ops.matmul(weights, value)
        if query_mask is not None:
            outputs = ops.multiply(outputs, ops.cast(ops.expand_dims(query_mask, -1), spec_of(outputs).dtype))
        return (outputs, weights) if return_attention_scores else outputs

    def _scores(self, query: Any, key: Any) -> Any:
        """Return how well each query fits each key: (batch, queries, keys)."""
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
            return scores if self.scale is None else ops.multiply(scores, self.scale)
        total = ops.add(ops.expand_dims(query, 2), ops.expand_dims(key, 1))
        total = total if self.scale is None else ops.multiply(total, self.scale)
        return ops.multiply(ops.sum(ops.tanh(total), axis=-1), self.concat_score_weight)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return the mask of the queries."""
        del inputs
        return previous_mask[0] if isinstance(previous_mask, list | tuple) else None

    def _three(self, inputs: Any) -> tuple[Any, Any, Any]:
        """Return query, value and key."""
        if not isinstance(inputs, list | tuple) or len(inputs) not in (2, 3):
            raise ArgumentError(
                f"{type(self).__name__} {self.name!r} was called with the wrong number of inputs.",
                expected="a list [query, value] or [query, value, key]",
                got=f"{len(inputs)} of them"
                if isinstance(inputs, list | tuple)
                else f"one {type(inputs).__name__}",
                remedy="call it as layer([query, value])",
            )
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) == 3 else value
        shapes = [tuple(ops.shape(x)) for x in (query, value, key)]
        if (
            any(len(shape) != 3 for shape in shapes)
            or shapes[0][2] != shapes[2][2]
            or shapes[1][1] != shapes[2][1]
        ):
            raise ShapeError(
                f"{type(self).__name__} {self.name!r} was called with inputs that do not fit.",
                expected="(batch, queries, size), (batch, keys, value size) and (batch, keys, size)",
                got=", ".join(str(public(shape)) for shape in shapes),
                remedy="bring queries and keys to one size, with a Dense layer for example",
            )
        return query, value, key

    def _two(self, mask: Any) -> tuple[Any, Any]:
        """Return the masks of the queries and of the values."""
        if mask is None:
            return None, None
        if not isinstance(mask, list | tuple) or len(mask) not in (2, 3):
            raise ArgumentError(
                f"{type(self).__name__} {self.name!r} was given a mask that is no list.",
                expected="mask=[query mask, value mask], of which each may be None",
                got=f"one {type(mask).__name__}"
                if not isinstance(mask, list | tuple)
                else f"{len(mask)} masks",
                remedy="write mask=[None, value_mask]",
            )
        return mask[0], mask[1]


class AdditiveAttention(Attention):
    """`Attention` by ``sum(scale * tanh(query + key))``, with a learned factor for each feature.

    Args:
        use_scale: Whether there are such factors.
        dropout: The share of the weights to drop while training, in [0, 1).
        **kwargs: Those of `Layer`, and `seed`.

    Shapes:
        inputs:  [query, value] or [query, value, key], as for `Attention`
        scale:   (size,)
        returns: (batch, queries, value size); with `return_attention_scores` also the weights,
            (batch, queries, keys)

    Raises:
        ArgumentError: An argument means nothing here, or it is called with anything but 2 or 3 inputs.
        ShapeError: The inputs do not fit, or the size of the queries is not known.

    Reference:
        Bahdanau, Cho & Bengio, Neural Machine Translation by Jointly Learning to Align and Translate,
        arXiv:1409.0473.

    Example:
        >>> value = np.array([[[1.0], [1.0]]], "float32")
        >>> AdditiveAttention()([np.zeros((1, 1, 1), "float32"), value])
        array([[[1.]]], dtype=float32)
    """

    _not_configured = (*Noise._not_configured, "score_mode")

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(use_scale, dropout=dropout, **kwargs)

    def build(self, input_shape: Any) -> None:
        """Make the factors of the features."""
        size = input_shape[0][-1] if isinstance(input_shape, list | tuple) and len(input_shape) > 1 else 1
        if self.use_scale and size is None:
            raise ShapeError(
                f"AdditiveAttention {self.name!r} does not know the size of its queries.",
                expected="a fixed size on the last axis",
                got=str(input_shape),
                remedy="fix it in Input(shape=...)",
            )
        self.scale = self.add_weight((size,), "glorot_uniform", name="scale") if self.use_scale else None

    def _scores(self, query: Any, key: Any) -> Any:
        fit = ops.tanh(ops.add(ops.expand_dims(query, 2), ops.expand_dims(key, 1)))
        return ops.sum(fit if self.scale is None else ops.multiply(fit, self.scale), axis=-1)


def earlier(queries: Any, keys: Any) -> Any:
    """Return which keys are not later than which query: bools (queries, keys)."""
    rows = ops.expand_dims(ops.arange(queries, dtype="int32"), 1)
    return ops.greater_equal(rows, ops.expand_dims(ops.arange(keys, dtype="int32"), 0))


def masked_softmax(scores: Any, seen: Any, axis: int = -1) -> Any:
    """Return the softmax of scores over the keys that are seen; equal shares where none is."""
    if seen is not None:
        # As low as the dtype goes, and no infinity: a query that sees nothing stays finite.
        scores = ops.where(seen, scores, -dtypes.largest(spec_of(scores).dtype))
    return ops.softmax(scores, axis=axis)
