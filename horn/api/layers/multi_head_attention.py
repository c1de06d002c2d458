"""Attention of several heads, each in projections of its own; keys and values may be shared by some heads."""

from __future__ import annotations

import math
from string import ascii_lowercase as letters
from typing import TYPE_CHECKING, Any

from horn.api.bounds import flag, real, whole
from horn.api.layers.attention import earlier, masked_softmax
from horn.api.layers.core import keep_recipes, none_of
from horn.api.layers.einsum_dense import EinsumDense
from horn.api.layers.regularization import Noise
from horn.errors import ArgumentError, ShapeError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.spec.sizes import product

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.api.layers.layer import Layer

_KINDS = ("initializer", "regularizer", "constraint")


class _Heads(Noise):
    """What the attentions of several heads share: projections, masks, and the attention itself."""

    _gate_dense: Layer

    def sublayers(self) -> list[Layer]:
        """Return the projections, in the order of the weights."""
        # Files know them by the names of the attributes, some of which begin with an underscore.
        names = (f"{part}_dense" for part in ("query", "key", "gate", "value", "output"))
        found = (vars(self).get(name, vars(self).get(f"_{name}")) for name in names)
        return [layer for layer in found if layer is not None]

    def _take(
        self, dropout: Any, use_bias: Any, sliding_window: Any, flash: Any, use_gate: Any, **weights: Any
    ) -> None:
        """Check and keep the arguments that both have."""
        kind = type(self).__name__
        none_of(kind, flash_attention=flash)
        self.dropout = real(kind, "dropout", dropout, "[0, 1)")
        self.use_bias, self.use_gate = flag(kind, "use_bias", use_bias), flag(kind, "use_gate", use_gate)
        self.sliding_window = (
            None if sliding_window is None else whole(kind, "sliding_window", sliding_window)
        )
        self.flash_attention = flash
        keep_recipes(self, **weights)

    def _projection(self, name: str, equation: str, sizes: Sequence[Any], bias_axes: str) -> EinsumDense:
        """Return a sub-layer whose weights are made as the arguments of this layer say."""
        arguments = {
            f"{weight}_{kind}": getattr(self, f"{weight}_{kind}")
            for weight in ("kernel", "bias")
            for kind in _KINDS
        }
        projection = EinsumDense(
            equation,
            tuple(sizes),
            bias_axes=bias_axes if self.use_bias else None,
            name=name,
            dtype=self.dtype_policy,
            **arguments,
        )
        projection.supports_masking = True  # it leaves the axes of the mask as they are
        return projection

    def _into_heads(self, name: str, rank: int, heads: int, size: int) -> EinsumDense:
        """Return the projection of the last of `rank` axes to (heads, size)."""
        free, inner = letters[: rank - 1], letters[rank - 1]
        out = letters[rank : rank + 2]
        return self._projection(
            name, f"{free}{inner},{inner}{out}->{free}{out}", (None,) * (rank - 2) + (heads, size), out
        )

    def _out_of_heads(self, rank: int, sizes: Sequence[int]) -> EinsumDense:
        """Return the projection of (heads, size) at the end of the outputs to `sizes`."""
        free, inner = letters[: rank - 1], letters[rank - 1 : rank + 1]
        out = letters[rank + 1 : rank + 1 + len(sizes)]
        equation = f"{free}{inner},{inner}{out}->{free}{out}"
        return self._projection("attention_output", equation, (None,) * (rank - 2) + tuple(sizes), out)

    def _seen(self, query: Any, value: Any, masks: Sequence[Any], causal: bool) -> Any:
        """Return the keys that each query may see, bools for (batch, heads, queries, keys); or None."""
        query_mask, value_mask, key_mask, seen = masks
        parts = [] if seen is None else [ops.cast(seen, "bool")]
        if query_mask is not None:
            parts.append(ops.expand_dims(ops.cast(query_mask, "bool"), -1))
        parts += [ops.expand_dims(ops.cast(m, "bool"), -2) for m in (value_mask, key_mask) if m is not None]
        queries, keys = ops.shape(query)[1], ops.shape(value)[1]
        if causal:
            parts.append(ops.expand_dims(earlier(queries, keys), 0))
        if self.sliding_window is not None:
            rows = ops.expand_dims(ops.arange(queries, dtype="int32"), 1)
            apart = ops.absolute(ops.subtract(rows, ops.expand_dims(ops.arange(keys, dtype="int32"), 0)))
            parts.append(ops.expand_dims(ops.less(apart, self.sliding_window), 0))
        found = parts[0] if parts else None
        for part in parts[1:]:
            found = ops.logical_and(found, part)
        return None if found is None else _with_heads(found)

    def _attend(
        self, q: Any, k: Any, v: Any, seen: Any, with_weights: bool, training: bool
    ) -> tuple[Any, Any]:
        """Return (batch, queries, heads, size) and the weights, None unless they were asked for or dropped.

        Args:
            q: (batch, queries, heads, size).
            k: (batch, keys, heads, size).
            v: (batch, keys, heads, value size).
            seen: Broadcasts to (batch, heads, queries, keys), or None.
            with_weights: Whether to return the weights.
            training: Whether to drop.
        """
        drops = training and self.dropout > 0
        if not with_weights and not drops:
            return ops.dot_product_attention(q, k, v, None, seen), None
        shared = ops.shape(q)[2] // ops.shape(k)[2]
        if shared > 1:
            k, v = ops.repeat(k, shared, axis=2), ops.repeat(v, shared, axis=2)
        q = ops.transpose(ops.multiply(q, 1.0 / math.sqrt(ops.shape(q)[3])), (0, 2, 1, 3))
        weights = masked_softmax(ops.matmul(q, ops.transpose(k, (0, 2, 3, 1))), seen)
        kept = ops.dropout(weights, *self.stream.next(), rate=self.dropout) if drops else weights
        mixed = ops.matmul(kept, ops.transpose(v, (0, 2, 1, 3)))
        return ops.transpose(mixed, (0, 2, 1, 3)), weights

    def _project(self, query: Any, value: Any, key: Any) -> tuple[Any, Any, Any]:
        named = {layer.name: layer for layer in self.sublayers()}
        return named["query"](query), named["key"](key), named["value"](value)

    def _finish(self, mixed: Any, query: Any) -> Any:
        """Return what the heads found, gated where there is a gate, as one vector for each query."""
        if self.use_gate:
            mixed = ops.multiply(mixed, ops.sigmoid(self._gate_dense(query)))
        return self.sublayers()[-1](mixed)


class MultiHeadAttention(_Heads):
    """Attention of several heads, each in projections of its own.

    Args:
        num_heads: How many heads.
        key_dim: The size of the queries and keys of a head.
        value_dim: The size of the values of a head; None for `key_dim`.
        dropout: The share of the weights to drop while training, in [0, 1).
        use_bias: Whether the projections have a bias.
        output_shape: The sizes of an output; None for that of a query.
        attention_axes: The axes that the attention runs over; None for all but the batch and the features.
        sliding_window: Each query sees the keys nearer than this alone; None for all.
        flash_attention: Not a question of meaning: each backend takes its fastest kernel. None or False.
        kernel_initializer: For the kernels of all projections.
        bias_initializer: For their biases.
        kernel_regularizer: For the kernels; see `horn.regularizers`.
        bias_regularizer: For the biases.
        activity_regularizer: For the outputs; see `Layer`.
        kernel_constraint: For the kernels; see `horn.constraints`.
        bias_constraint: For the biases.
        use_gate: Whether what the heads find is multiplied by a sigmoid of one more projection of the query.
        seed: For the dropout; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        query:          (batch, queries, size)
        value:          (batch, keys, value size)
        key:            (batch, keys, key size); the values unless given
        attention_mask: (batch, queries, keys), bools, or what broadcasts to it
        returns:        (batch, queries, *output_shape); with `return_attention_scores` also the weights,
            (batch, heads, queries, keys)

        With `attention_axes`, queries and keys stand for these axes, which the scores have one by one. There,
        a mask of query, value or key is for the batch and all axes of steps, or for the first of them.

    Masks:
        A query sees what `attention_mask`, the masks of query, value and key, `use_causal_mask` and the
        window all let it see. The outputs have the mask of the queries.

    Raises:
        ArgumentError: An argument means nothing here, or is not offered. `use_causal_mask` and
            `sliding_window` need one axis to attend over, since steps on several axes have no one order.
        ShapeError: The inputs do not fit.

    Reference:
        Vaswani et al., Attention Is All You Need, arXiv:1706.03762, section 3.2.2; for the gate
        Qiu et al., Gated Attention for Large Language Models, arXiv:2505.06708.

    Example:
        >>> x = np.ones((2, 5, 8), "float32")
        >>> y, weights = MultiHeadAttention(num_heads=2, key_dim=4)(x, x, return_attention_scores=True)
        >>> y.shape, weights.shape
        ((2, 5, 8), (2, 2, 5, 5))
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, activity_regularizer=activity_regularizer, **kwargs)
        kind = "MultiHeadAttention"
        self.num_heads = whole(kind, "num_heads", num_heads)
        self.key_dim = whole(kind, "key_dim", key_dim)
        self.value_dim = whole(kind, "value_dim", value_dim) if value_dim is not None else self.key_dim
        self.output_shape = _whole_numbers(kind, "output_shape", output_shape)
        self.attention_axes = _whole_numbers(kind, "attention_axes", attention_axes)
        self._take(
            dropout, use_bias, sliding_window, flash_attention, use_gate,
            kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint, bias_constraint=bias_constraint,
        )  # fmt: skip

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:  # type: ignore[override]
        """Make the projections."""
        rank = len(query_shape)
        axes = self.attention_axes or tuple(range(1, rank - 1))
        if rank < 3 or not all(0 < axis < rank - 1 for axis in axes) or query_shape[-1] is None:
            raise ShapeError(
                f"MultiHeadAttention {self.name!r} cannot attend over its inputs.",
                expected=f"(batch, ..., size) with a fixed size, and the axes {axes} between the two",
                got=f"queries of shape {tuple(query_shape)}",
                remedy="reshape the inputs, or change attention_axes",
            )
        self.query_dense = self._into_heads("query", rank, self.num_heads, self.key_dim)
        self.key_dense = self._into_heads("key", len(key_shape or value_shape), self.num_heads, self.key_dim)
        if self.use_gate:
            self._gate_dense = self._into_heads("gate", rank, self.num_heads, self.value_dim)
        self.value_dense = self._into_heads("value", len(value_shape), self.num_heads, self.value_dim)
        self.output_dense = self._out_of_heads(rank, self.output_shape or (query_shape[-1],))

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return an output for each query, and with `return_attention_scores` the weights too."""
        query, value = self._cast(query), self._cast(value)
        key = value if key is None else self._cast(key)
        q, k, v = self._project(query, value, key)
        given = (query_mask, value_mask, key_mask, attention_mask)
        if len(ops.shape(query)) == 3:
            seen = self._seen(query, value, given, use_causal_mask)
            mixed, weights = self._attend(q, k, v, seen, return_attention_scores, training)
        else:
            mixed, weights = self._over_axes(
                q, k, v, given, use_causal_mask, return_attention_scores, training
            )
        outputs = self._finish(mixed, query)
        return (outputs, weights) if return_attention_scores else outputs

    def _need_one_axis(self, axes: Sequence[int], causal: bool) -> None:
        """Raise `ArgumentError` where steps shall be ordered that lie on several axes: no order is theirs."""
        if len(axes) > 1 and (causal or self.sliding_window is not None):
            raise ArgumentError(
                f"MultiHeadAttention {self.name!r} cannot tell which of the steps on several axes are earlier.",
                expected="one axis to attend over, or neither use_causal_mask nor sliding_window",
                got=f"the axes {tuple(axes)}",
                remedy=f"write attention_axes={axes[0]}, or say in attention_mask what each query may see",
            )

    def _over_axes(
        self,
        q: Any,
        k: Any,
        v: Any,
        given: Sequence[Any],
        causal: bool,
        with_weights: bool,
        training: bool,
    ) -> tuple[Any, Any]:
        """Attend over some of several axes: the others are made part of the batch, and those one axis."""
        rank = len(ops.shape(q)) - 1
        axes = self.attention_axes or tuple(range(1, rank - 1))
        self._need_one_axis(axes, causal)
        free = tuple(i for i in range(1, rank - 1) if i not in axes)
        order = (0, *free, *axes, rank - 1, rank)
        shapes = [tuple(ops.shape(x)) for x in (q, k)]
        batch = tuple(shapes[0][i] for i in (0, *free))
        queries, keys = (tuple(shape[i] for i in axes) for shape in shapes)
        *masks, mask = given
        masks = [
            None
            if m is None
            else _together(m, shape[: rank - 1], order[:-2], (product(batch), product(steps)))
            for m, shape, steps in zip(masks, (*shapes, shapes[1]), (queries, keys, keys), strict=True)
        ]
        q, k, v = (
            ops.reshape(
                ops.transpose(x, order), (product(batch), product(steps), self.num_heads, ops.shape(x)[rank])
            )
            for x, steps in ((q, queries), (k, keys), (v, keys))
        )
        if mask is not None:
            mask = ops.cast(mask, "bool")
            around = tuple(ops.shape(mask))[: -2 * len(axes)]
            mask = ops.reshape(mask, (*around, *(1,) * (len(batch) - len(around)), *queries, *keys))
            mask = ops.broadcast_to(mask, (*batch, *queries, *keys))
            mask = ops.reshape(mask, (product(batch), product(queries), product(keys)))
        seen = self._seen(q, k, (*masks, mask), causal)
        mixed, weights = self._attend(q, k, v, seen, with_weights, training)
        if weights is not None:
            weights = ops.reshape(weights, (*batch, self.num_heads, *queries, *keys))
        mixed = ops.reshape(mixed, (*batch, *queries, self.num_heads, self.value_dim))
        return ops.transpose(mixed, tuple(order.index(i) for i in range(rank + 1))), weights


def _together(mask: Any, places: tuple[Any, ...], order: Sequence[int], shape: tuple[Any, Any]) -> Any:
    """Return a mask of steps on several axes as one for each row of a batch of sequences.

    Args:
        mask: For the batch and the first axes of steps, or all.
        places: The sizes of the batch and of all axes of steps.
        order: Of these axes, those that are made part of the batch before those that are attended over.
        shape: How many rows there are then, and how many steps in each.
    """
    sizes = tuple(ops.shape(mask))
    mask = ops.reshape(ops.cast(mask, "bool"), (*sizes, *(1,) * (len(places) - len(sizes))))
    spread = ops.transpose(ops.broadcast_to(mask, places), tuple(order))
    return ops.reshape(spread, shape)


class GroupedQueryAttention(_Heads):
    """`MultiHeadAttention` in which several heads of the queries share a head of keys and values.

    Args:
        head_dim: The size of the queries, keys and values of a head.
        num_query_heads: How many heads of queries.
        num_key_value_heads: How many heads of keys and values, of which the former is a multiple.
        dropout: The share of the weights to drop while training, in [0, 1).
        use_bias: Whether the projections have a bias.
        sliding_window: Each query sees the keys nearer than this alone; None for all.
        flash_attention: Not a question of meaning: each backend takes its fastest kernel. None or False.
        kernel_initializer: For the kernels of all projections.
        bias_initializer: For their biases.
        kernel_regularizer: For the kernels; see `horn.regularizers`.
        bias_regularizer: For the biases.
        activity_regularizer: For the outputs; see `Layer`.
        kernel_constraint: For the kernels; see `horn.constraints`.
        bias_constraint: For the biases.
        use_gate: Whether what the heads find is multiplied by a sigmoid of one more projection of the query.
        seed: For the dropout; None for the process's seed.
        **kwargs: Those of `Layer`.

    Shapes:
        query:          (batch, queries, size)
        value:          (batch, keys, value size)
        key:            (batch, keys, key size); the values unless given
        attention_mask: (batch, queries, keys), bools, or what broadcasts to it
        returns:        (batch, queries, size); with `return_attention_scores` also the weights,
            (batch, query heads, queries, keys)

    Raises:
        ArgumentError: An argument means nothing here, or is not offered.
        ShapeError: The inputs do not fit.

    Reference:
        Ainslie et al., GQA: Training Generalized Multi-Query Transformer Models from Multi-Head
        Checkpoints, arXiv:2305.13245.

    Example:
        >>> x = np.ones((2, 5, 8), "float32")
        >>> GroupedQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)(x, x).shape
        (2, 5, 8)
    """

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(seed, activity_regularizer=activity_regularizer, **kwargs)
        kind = "GroupedQueryAttention"
        self.head_dim = whole(kind, "head_dim", head_dim)
        self.num_query_heads = whole(kind, "num_query_heads", num_query_heads)
        self.num_key_value_heads = whole(kind, "num_key_value_heads", num_key_value_heads)
        if self.num_query_heads % self.num_key_value_heads:
            raise ArgumentError(
                "GroupedQueryAttention was given heads that cannot be shared evenly.",
                expected="num_query_heads as a multiple of num_key_value_heads",
                got=f"num_query_heads={num_query_heads}, num_key_value_heads={num_key_value_heads}",
                remedy=f"write num_key_value_heads={math.gcd(self.num_query_heads, self.num_key_value_heads)}",
            )
        self._take(
            dropout, use_bias, sliding_window, flash_attention, use_gate,
            kernel_initializer=kernel_initializer, bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint, bias_constraint=bias_constraint,
        )  # fmt: skip

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:  # type: ignore[override]
        """Make the projections."""
        shapes = [tuple(shape) for shape in (query_shape, value_shape, key_shape or value_shape)]
        if any(len(shape) != 3 or shape[-1] is None for shape in shapes):
            raise ShapeError(
                f"GroupedQueryAttention {self.name!r} cannot attend over its inputs.",
                expected="(batch, steps, size) with a fixed size, for query, value and key",
                got=", ".join(map(str, shapes)),
                remedy="reshape the inputs",
            )
        few, size = self.num_key_value_heads, self.head_dim
        self._query_dense = self._into_heads("query", 3, self.num_query_heads, size)
        self._key_dense = self._into_heads("key", 3, few, size)
        if self.use_gate:
            self._gate_dense = self._into_heads("gate", 3, self.num_query_heads, size)
        self._value_dense = self._into_heads("value", 3, few, size)
        self._output_dense = self._out_of_heads(3, (query_shape[-1],))

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """Return an output for each query, and with `return_attention_scores` the weights too."""
        query, value = self._cast(query), self._cast(value)
        key = value if key is None else self._cast(key)
        q, k, v = self._project(query, value, key)
        seen = self._seen(query, value, (query_mask, value_mask, key_mask, attention_mask), use_causal_mask)
        mixed, weights = self._attend(q, k, v, seen, return_attention_scores, training)
        outputs = self._finish(mixed, query)
        return (outputs, weights) if return_attention_scores else outputs


GroupQueryAttention = GroupedQueryAttention


def _with_heads(seen: Any) -> Any:
    """Return a mask (batch, queries, keys) with an axis for the heads; one of four axes has it."""
    return seen if len(spec_of(seen).shape) == 4 else ops.expand_dims(seen, -3)


def _whole_numbers(layer: str, argument: str, value: Any) -> tuple[int, ...] | None:
    """Return positive integers as a tuple, or None."""
    if value is None:
        return None
    given = value if isinstance(value, list | tuple) else (value,)
    return tuple(whole(layer, argument, number) for number in given)
