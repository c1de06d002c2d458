"""Attention layers and `EinsumDense` against Keras's: outputs, weights of the attention, gradients, masks.

Where the two differ on purpose, it says so here:

* `flash_attention=True`, `lora_rank` and their like are refused in Horn.
* inputs with several axes of steps: in Keras, masks of value and key, causal masks and windows fail but for
  a few choices of `attention_axes`. In Horn the masks hold for the batch and the first axes of steps, or
  all, and only an order of steps on several axes is refused.
* a query that sees no key: in Keras its weights are zero if they are asked for, and equal if not; in
  Horn they are always equal. What such a query finds is not compared.
* a size of the values that is not that of the keys: an error in Keras on JAX unless the weights are
  asked for.
* `GroupedQueryAttention` and its alias: this version of Keras has the alias alone.
* `EinsumDense` computes the shape of its outputs from its inputs in Horn, and from `output_shape` alone in
  Keras, which so leaves sizes unknown, and refuses equations that move the letters before the batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

import horn
from horn import layers, ops
from horn.api.layers import calls, masks
from horn.errors import ArgumentError, ShapeError
from horn.spec.boxes import pullback

keras: Any = pytest.importorskip("keras")
jax: Any = pytest.importorskip("jax")
if keras.backend.backend() != "jax":
    pytest.skip("the oracle of the gradients is Keras on JAX", allow_module_level=True)

BUDGET = settings(
    max_examples=4, derandomize=True, deadline=None, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
_BOOL = st.booleans()


def numbers(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def bits(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(seed).random(shape) > 0.4


def same(mine: Any, other: Any) -> None:
    np.testing.assert_allclose(np.asarray(mine), np.asarray(other), rtol=2e-5, atol=2e-5)


def pair(ours: Any, theirs: Any, *args: Any) -> tuple[Any, Any]:
    """Give two layers equal weights, after a first call of each."""
    ours(*args)
    theirs.build(*([x.shape for x in a] if isinstance(a, list) else a.shape for a in args))
    names = [[(v.path.split("/")[1:], v.shape) for v in layer.weights] for layer in (ours, theirs)]
    assert names[0] == names[1]
    values = [numbers(i + 50, v.shape) for i, v in enumerate(theirs.weights)]
    ours.set_weights(values)
    theirs.set_weights(values)
    return ours, theirs


QUERY, VALUE, KEY = numbers(1, (2, 3, 4)), numbers(2, (2, 5, 6)), numbers(3, (2, 5, 4))


@pytest.mark.parametrize("name", ["Attention", "AdditiveAttention"])
@BUDGET
@given(
    use_scale=_BOOL,
    concat=_BOOL,
    causal=_BOOL,
    masked=st.sampled_from([(0, 0), (1, 0), (0, 1), (1, 1)]),
    own_key=_BOOL,
)
def test_attention(name, use_scale, concat, causal, masked, own_key):
    arguments: dict[str, Any] = {"use_scale": use_scale}
    if name == "Attention":
        arguments["score_mode"] = "concat" if concat else "dot"
    inputs = [QUERY, VALUE, KEY] if own_key else [QUERY, KEY]
    ours, theirs = pair(
        getattr(layers, name)(**arguments),
        getattr(keras.layers, name)(**arguments, name=f"{name.lower()}"),
        inputs,
    )
    mask = [bits(7, (2, 3)) if masked[0] else None, bits(8, (2, 5)) if masked[1] else None]
    options = {
        "mask": mask if any(masked) else None,
        "use_causal_mask": causal,
        "return_attention_scores": True,
    }
    for mine, other in zip(ours(inputs, **options), theirs(inputs, **options), strict=True):
        same(mine, other)
    assert ours.get_config().keys() >= theirs.get_config().keys()


@pytest.mark.parametrize("name", ["MultiHeadAttention", "GroupQueryAttention"])
@BUDGET
@given(
    use_bias=_BOOL, gate=_BOOL, causal=_BOOL, own_key=_BOOL, window=st.sampled_from([None, 2]),
    masked=st.sampled_from(["", "query", "value", "attention", "query value key attention"]),
)  # fmt: skip
def test_heads(name, use_bias, gate, causal, own_key, window, masked):
    few = name == "GroupQueryAttention"
    sizes = (
        {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
        if few
        else {"num_heads": 2, "key_dim": 3, "value_dim": 5}
    )
    arguments = {**sizes, "use_bias": use_bias, "use_gate": gate, "sliding_window": window}
    inputs = (QUERY, VALUE, KEY) if own_key else (QUERY, VALUE)
    ours, theirs = pair(getattr(layers, name)(**arguments), getattr(keras.layers, name)(**arguments), *inputs)
    shapes = {"query": (2, 3), "value": (2, 5), "key": (2, 5), "attention": (2, 3, 5)}
    options: dict[str, Any] = {f"{key}_mask": bits(i, shapes[key]) for i, key in enumerate(masked.split())}
    for key, mask in options.items():  # each query sees the key of its own place
        if key == "attention_mask":
            mask |= np.eye(3, 5, dtype=bool)
        elif key != "query_mask":
            mask[:, :3] = True
    counts = options.get("query_mask", np.ones((2, 3), bool))
    options |= {"use_causal_mask": causal, "return_attention_scores": True}
    mine, other = ours(*inputs, **options), theirs(*inputs, **options)
    same(np.asarray(mine[0])[counts], np.asarray(other[0])[counts])
    same(np.moveaxis(np.asarray(mine[1]), 1, 2)[counts], np.moveaxis(np.asarray(other[1]), 1, 2)[counts])
    same(ours(*inputs, **{**options, "return_attention_scores": False}), mine[0])


@BUDGET
@given(
    axes=st.sampled_from([None, (1,), (2,), (1, 2)]),
    output_shape=st.sampled_from([None, 6, (2, 3)]),
    masked=_BOOL,
    scores=_BOOL,
)
def test_heads_over_axes(axes, output_shape, masked, scores):
    query, value = numbers(1, (2, 3, 4, 5)), numbers(2, (2, 3, 4, 6))
    arguments = {"num_heads": 2, "key_dim": 3, "attention_axes": axes, "output_shape": output_shape}
    other = keras.layers.MultiHeadAttention(**arguments)
    ours, theirs = pair(layers.MultiHeadAttention(**arguments), other, query, value)
    steps = tuple((3, 4)[i - 1] for i in axes or (1, 2))
    shape = (2, *(() if len(steps) == 2 else (1,)), *steps, *steps)
    own = np.eye(int(np.prod(steps)), dtype=bool).reshape(*steps, *steps)
    mask = (bits(5, shape) | own) if masked else None
    mine = ours(query, value, attention_mask=mask, return_attention_scores=scores)
    other = theirs(query, value, attention_mask=mask, return_attention_scores=scores)
    for a, b in zip(mine, other, strict=True) if scores else [(mine, other)]:
        same(a, b)


@pytest.mark.parametrize(
    ("axes", "options"),
    [
        (1, {"use_causal_mask": True}), (1, {"window": 2}), (1, {"window": 2, "use_causal_mask": True}),
        (1, {"value_mask": (2, 3)}), (1, {"key_mask": (2, 3), "use_causal_mask": True}), (2, {"value_mask": (2, 3, 4)}),
        (2, {"key_mask": (2, 3, 4), "value_mask": (2, 3, 4)}),
    ],
)  # fmt: skip
def test_masks_over_axes(axes, options):
    query, value, options = numbers(1, (2, 3, 4, 5)), numbers(2, (2, 3, 4, 6)), dict(options)
    arguments = {
        "num_heads": 2,
        "key_dim": 3,
        "attention_axes": axes,
        "sliding_window": options.pop("window", None),
    }
    ours, theirs = pair(
        layers.MultiHeadAttention(**arguments), keras.layers.MultiHeadAttention(**arguments), query, value
    )
    for i, (name, shape) in enumerate(options.items()):
        if isinstance(shape, tuple):
            options[name] = bits(i, shape)
            options[name][:, :1] = options[name][..., :1] = True  # each query sees the first key
    for mine, other in zip(
        ours(query, value, return_attention_scores=True, **options),
        theirs(query, value, return_attention_scores=True, **options),
        strict=True,
    ):
        same(mine, other)
    # Without the weights, one op finds the outputs.
    same(ours(query, value, **options), theirs(query, value, return_attention_scores=True, **options)[0])


@pytest.mark.parametrize("axes", [None, (1,), (2,), (2, 1)])
def test_masks_of_all_axes_are_what_attention_mask_says(axes):
    query, value = numbers(1, (2, 3, 4, 5)), numbers(2, (2, 3, 4, 6))
    seen, keys, more = bits(3, (2, 3, 4)), bits(4, (2, 3, 4)), bits(5, (2, 3))
    keys[:, 0] = keys[..., 0] = more[:, 0] = True
    layer = layers.MultiHeadAttention(2, 3, attention_axes=axes)
    got = layer(query, value, query_mask=seen, value_mask=keys, key_mask=more)
    keys = keys & more[..., None]
    if axes == (1,):
        mask = np.moveaxis(seen, 2, 1)[..., :, None] & np.moveaxis(keys, 2, 1)[..., None, :]
    elif axes == (2,):
        mask = seen[..., :, None] & keys[..., None, :]
    else:
        mask = seen[:, :, :, None, None] & keys[:, None, None]
        mask = mask.transpose(0, 2, 1, 4, 3) if axes == (2, 1) else mask
    same(got, layer(query, value, attention_mask=mask))


def test_steps_on_several_axes_have_no_order():
    query = numbers(1, (2, 3, 4, 5))
    with pytest.raises(ArgumentError, match="attention_axes=1"):
        layers.MultiHeadAttention(2, 3)(query, query, use_causal_mask=True)
    with pytest.raises(ArgumentError, match="attention_axes=2"):
        layers.MultiHeadAttention(2, 3, attention_axes=(2, 1), sliding_window=2)(query, query)
    layers.MultiHeadAttention(2, 3, attention_axes=2)(query, query, use_causal_mask=True)


def test_a_mask_over_axes_in_a_model_of_any_batch():
    inputs = layers.Input((3, 4), dtype="int32")
    x = layers.Embedding(5, 6, mask_zero=True)(inputs)
    model = horn.Model(inputs, layers.MultiHeadAttention(2, 3, attention_axes=2)(x, x, use_causal_mask=True))
    ids = np.random.default_rng(0).integers(0, 3, (5, 3, 4)).astype("int32")
    assert model.predict(ids, batch_size=2, verbose=0).shape == (5, 3, 4, 6)
    embedding, attention = model.layers[-2:]
    held = embedding(ids)
    mask = (ids != 0)[..., :, None] & (ids != 0)[..., None, :] & np.tri(4, dtype=bool)
    same(model.predict(ids, batch_size=2, verbose=0), attention(held, held, attention_mask=mask))


@pytest.mark.parametrize("name", ["Attention", "MultiHeadAttention", "GroupQueryAttention"])
def test_gradients(name):
    arguments = {"Attention": (True,), "MultiHeadAttention": (2, 3), "GroupQueryAttention": (3, 4, 2)}[name]
    listed = name == "Attention"
    inputs = [QUERY, KEY]
    args = [inputs] if listed else inputs
    ours, theirs = pair(
        getattr(layers, name)(*arguments), getattr(keras.layers, name)(*arguments, name=name.lower()), *args
    )
    trained, others = (
        [v.value for v in theirs.trainable_variables],
        [v.value for v in theirs.non_trainable_variables],
    )
    options = {"use_causal_mask": True}
    y, back = pullback(lambda q, v: ours([q, v], **options) if listed else ours(q, v, **options), *inputs)

    def run(q: Any, v: Any) -> Any:
        return theirs.stateless_call(trained, others, *([[q, v]] if listed else [q, v]), **options)[0]

    wanted, pulled = jax.vjp(run, *inputs)
    cotangent = numbers(9, wanted.shape)
    same(y, wanted)
    for mine, other in zip(back([cotangent]), pulled(cotangent), strict=True):
        same(mine, other)


def test_masks_come_and_go_with_the_tensors():
    seen, keys = bits(3, (2, 3)), bits(4, (2, 5))
    layer = layers.MultiHeadAttention(2, 3)
    layer(QUERY, VALUE)
    with calls.run():
        masks.put(QUERY, seen)
        masks.put(VALUE, keys)
        y = layer(QUERY, VALUE)
        by_name = layer(value=VALUE, query=QUERY)
        np.testing.assert_array_equal(masks.of(y), seen)
        np.testing.assert_array_equal(masks.of(by_name), seen)
    same(y, layer(QUERY, VALUE, query_mask=seen, value_mask=keys))
    same(by_name, y)
    with calls.run():
        masks.put(QUERY, seen)
        np.testing.assert_array_equal(masks.of(layers.Attention()([QUERY, KEY])), seen)


def test_the_order_of_named_inputs_does_not_matter():
    assert layers.MultiHeadAttention(2, 3)(value=VALUE, query=QUERY).shape == (2, 3, 4)
    symbol = layers.MultiHeadAttention(2, 3)(layers.Input((3, 4)), layers.Input((None, 6)))
    assert symbol.shape == (None, 3, 4)


@pytest.mark.parametrize("name", ["Attention", "MultiHeadAttention"])
def test_dropout_drops_weights_while_training(name):
    layer = getattr(layers, name)(
        dropout=0.5, seed=1, **({} if name == "Attention" else {"num_heads": 2, "key_dim": 3})
    )
    args = ([QUERY, KEY],) if name == "Attention" else (QUERY, KEY)
    still = layer(*args)
    assert np.abs(np.asarray(layer(*args, training=True)) - still).max() > 1e-3
    same(layer(*args), still)


@pytest.mark.parametrize(
    ("equation", "output_shape", "bias_axes", "shape"),
    [
        ("ab,bc->ac", 5, "c", (2, 3)), ("abc,cd->abd", (None, 5), "d", (2, 3, 4)),
        ("abc,cd->abd", (3, 5), "bd", (2, 3, 4)),
        ("abc,cde->abde", (None, 2, 5), "de", (2, 3, 4)), ("abcd,cde->abe", (None, 5), "e", (2, 3, 4, 5)),
        ("...x,xy->...y", 5, "y", (2, 3, 4)), ("...x,xy->...y", 5, None, (2, 3, 4, 5)),
        ("ab...,bc->ac...", 5, "c", (2, 3, 4)),
        ("abc,cb->ab", (3,), "b", (2, 3, 4)),
        # The kernel has the letter of the batch.
        ("abc,ad->abd", (None, 5), "d", (2, 3, 4)), ("abc,ad->abd", (3, 5), "bd", (2, 3, 4)),
        ("abc,acd->abd", (None, 5), "ad", (2, 3, 4)), ("ab,a->ab", (3,), None, (2, 3)),
        ("ab,ab->ab", 3, "b", (2, 3)), ("abc,abd->acd", (4, 5), "d", (2, 3, 4)),
        ("...ab,abc->...ac", (2, 5), "c", (6, 2, 3)),
    ],
)  # fmt: skip
def test_einsum_dense(equation, output_shape, bias_axes, shape):
    arguments = {
        "equation": equation,
        "output_shape": output_shape,
        "bias_axes": bias_axes,
        "activation": "tanh",
    }
    x = numbers(1, shape)
    ours, theirs = pair(layers.EinsumDense(**arguments), keras.layers.EinsumDense(**arguments), x)
    same(ours(x), theirs(x))
    again = layers.EinsumDense.from_config(theirs.get_config())
    assert {**again.get_config(), "name": ""} == {**ours.get_config(), "name": ""}


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of Keras
@pytest.mark.parametrize("fixed", [False, True])
def test_a_kernel_for_each_place_in_a_batch_trains(fixed):
    x, y, found = numbers(1, (6, 3, 4)), numbers(2, (6, 3, 5)), []
    for k in (horn, keras):
        first = [k.Input((3, 4), batch_size=2)] if fixed else []
        layer = k.layers.EinsumDense("abc,ad->abd", (3, 5), bias_axes="d", kernel_initializer="ones")
        model = k.Sequential([*first, layer])
        model.compile(k.optimizers.SGD(0.5), "mse")
        model.fit(x, y, batch_size=2, epochs=2, shuffle=False, verbose=0)
        found.append([*model.get_weights(), model.predict(x, batch_size=2, verbose=0)])
        with pytest.raises(ValueError, match=r"\(2, 5\)|label 'a'"):
            layer(numbers(3, (4, 3, 4)))
        with pytest.raises(ValueError, match=r"fixed size|fully-defined"):
            k.layers.EinsumDense("abc,ad->abd", (3, 5))(k.Input((3, 4)))
    for mine, other in zip(*found, strict=True):
        same(mine, other)


@BUDGET
@given(
    few=_BOOL,
    causal=_BOOL,
    masked=_BOOL,
    biased=_BOOL,
    scale=st.sampled_from([None, 0.3]),
)
def test_dot_product_attention(few, causal, masked, biased, scale):
    q, k, v = (numbers(i, (2, 5, 2 if few and i else 4, 3)) for i in range(3))
    bias = numbers(4, (2, 4, 5, 5)) if biased else None
    mask = bits(5, (2, 1, 5, 5)) | np.eye(5, dtype=bool) if masked else None
    options = {"scale": scale, "is_causal": causal, "flash_attention": False}
    wanted = keras.ops.dot_product_attention(q, k, v, bias, mask, **options)
    same(ops.dot_product_attention(q, k, v, bias, mask, **options), wanted)


def test_a_cap_bounds_the_scores():  # Keras has it on one kind of machine alone
    q, k, v = (numbers(i, (1, 3, 1, 2)) * 9.0 for i in range(3))
    scores = np.tanh(np.einsum("bqhd,bkhd->bhqk", q, k) / np.sqrt(2.0) / 0.5) * 0.5
    shares = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    same(
        ops.dot_product_attention(q, k, v, attn_logits_soft_cap=0.5), np.einsum("bhqk,bkhd->bqhd", shares, v)
    )


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "value_dim": 4, "dropout": 0.1, "output_shape": 3}),
        ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}),
        ("Attention", {"use_scale": True}), ("AdditiveAttention", {}),
    ],
)  # fmt: skip
def test_the_configuration_makes_an_equal_layer(name, arguments):
    ours = getattr(layers, name)(**arguments)
    theirs = getattr(keras.layers, name)(**arguments).get_config()
    assert set(theirs) <= set(ours.get_config())
    again = type(ours).from_config({**theirs, "name": ours.name})
    assert again.get_config() == ours.get_config()
    assert layers.GroupQueryAttention is layers.GroupedQueryAttention


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MultiHeadAttention", {"num_heads": 0, "key_dim": 3}),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 2.5}),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "flash_attention": True}),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "dropout": 1.5}),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "attention_axes": 0}),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "sliding_window": 0}),
        ("GroupQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 3}),
        ("Attention", {"score_mode": "product"}), ("Attention", {"use_scale": 1}), ("Attention", {"seed": "a"}),
        ("EinsumDense", {"equation": "abc", "output_shape": 3}),
        ("EinsumDense", {"equation": "ab,bc->ad", "output_shape": 3}),
        ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "b"}),
        ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 0}),
        ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3, "lora_rank": 2}),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_at_construction(name, arguments):
    with pytest.raises(ArgumentError):
        getattr(layers, name)(**arguments)


def test_inputs_that_do_not_fit_are_refused():
    with pytest.raises(ShapeError):
        layers.Attention()([QUERY, VALUE])
    with pytest.raises(ArgumentError):
        layers.Attention()(QUERY)
    with pytest.raises(ArgumentError):
        layers.Attention()([QUERY, KEY], mask=bits(1, (2, 5)))
    with pytest.raises(ShapeError):
        layers.MultiHeadAttention(2, 3)(QUERY[:, 0], KEY)
    with pytest.raises(ShapeError):
        layers.EinsumDense("abc,cd->abd", (4, 5))(QUERY)
