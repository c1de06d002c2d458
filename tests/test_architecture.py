"""What a model is made of: layers by name, clones, losses of layers, masks, precision, summaries."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import layers, ops
from horn.errors import ArgumentError, SavedModelError, ShapeError
from horn.models import clone_model

X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


def dense(units: int = 2, **kwargs: Any) -> layers.Dense:
    return layers.Dense(units, kernel_initializer="ones", **kwargs)


class Penalty(layers.Layer):
    """Adds ten times the mean square of what passes through."""

    supports_masking = True

    def call(self, inputs: Any) -> Any:
        self.add_loss(ops.mean(ops.square(inputs)) * 10.0)
        return inputs


class Masked(layers.Layer):
    """Returns the mask that it was given, as numbers."""

    def call(self, inputs: Any, mask: Any = None) -> Any:
        assert mask is not None
        return ops.cast(mask, "float32")


# -- layers in models ------------------------------------------------------------------------------


def test_layers_are_found_by_name_and_by_index() -> None:
    model = keras.Sequential([keras.Input((3,)), dense(name="first"), dense(name="second")])
    assert model.get_layer("second") is model.get_layer(index=-1) is model.layers[1]
    for wrong in ({"name": "third"}, {"index": 2}, {}, {"name": "first", "index": 0}):
        with pytest.raises(ArgumentError):
            model.get_layer(**wrong)


def test_two_layers_of_one_name_are_refused() -> None:
    with pytest.raises(ArgumentError, match="two layers named 'a'"):
        keras.Sequential([dense(name="a"), dense(name="a")])


def test_a_sequential_model_gives_its_insides_to_functional_ones() -> None:
    model = keras.Sequential([dense(4), dense(2)])
    assert model.inputs == []
    model(X)
    inside = keras.Model(model.inputs, model.layers[0].output)
    np.testing.assert_allclose(inside(X), np.asarray(model.layers[0](X)))
    removed = model.pop()
    assert removed.name not in [layer.name for layer in model.layers]
    assert np.asarray(model(X)).shape == (12, 4)


def test_clones_have_the_architecture_and_new_weights() -> None:
    shared, inputs = layers.Dense(3, name="shared"), keras.Input((3,))
    model = keras.Model(inputs, shared(shared(inputs)) * 2.0 + inputs)
    twin = clone_model(model)
    assert len(twin.layers) == 1
    assert not np.array_equal(twin.layers[0].get_weights()[0], shared.get_weights()[0])
    twin.set_weights(model.get_weights())
    np.testing.assert_array_equal(twin(X), model(X))
    frozen = clone_model(
        keras.Sequential([keras.Input((3,)), dense()]),
        clone_function=lambda layer: type(layer).from_config({**layer.get_config(), "trainable": False}),
    )
    assert frozen.trainable_variables == []


def test_configurations_make_equal_models() -> None:
    model = keras.Sequential([keras.Input((3,), name="x"), dense(4, activation="relu"), layers.Dropout(0.2)], name="s")
    twin = keras.Sequential.from_config(model.get_config())
    assert twin.get_config() == model.get_config()
    assert twin.count_params() == model.count_params()

    class Forgetful(layers.Layer):
        def __init__(self, size: int) -> None:
            super().__init__()

    with pytest.raises(ArgumentError, match=r"self\.size = size"):
        Forgetful(3).get_config()


def test_a_functional_model_comes_back_from_plain_json() -> None:
    a, b, shared = keras.Input((3,), name="a"), keras.Input((3,), name="b"), layers.Dense(3, activation="relu")
    joined = layers.Concatenate()([shared(a), shared(b)]) * 2.0 + 1.0
    model = keras.Model({"a": a, "b": b}, [joined, layers.Dense(2)(joined)], name="net")
    config = json.loads(json.dumps(model.get_config()))
    twin = type(model).from_config(config)
    assert json.loads(json.dumps(twin.get_config())) == config
    twin.set_weights(model.get_weights())
    for one, other in zip(model({"a": X, "b": X}), twin({"a": X, "b": X}), strict=True):
        np.testing.assert_array_equal(one, other)
    config["layers"] = [entry for entry in config["layers"] if entry["name"] != "a"]
    with pytest.raises(SavedModelError, match="inputs nothing makes"):
        type(model).from_config(config)


def test_a_stateless_call_changes_nothing() -> None:
    layer = layers.BatchNormalization()
    layer(X)
    trained = [v.value for v in layer.trainable_variables]
    others = [v.value for v in layer.non_trainable_variables]
    outputs, new, losses = layer.stateless_call(trained, others, X, training=True, return_losses=True)
    assert losses == []
    np.testing.assert_allclose(np.mean(outputs, axis=0), 0, atol=1e-6)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), 0)
    np.testing.assert_allclose(new[0], 0.01 * X.mean(0), atol=1e-6)
    with pytest.raises(ArgumentError, match="a value for each weight"):
        layer.stateless_call(trained, [], X)


# -- losses of layers ------------------------------------------------------------------------------


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_added_losses_and_penalties_are_part_of_the_loss(run_eagerly: bool) -> None:
    model = keras.Sequential([keras.Input((3,)), dense(kernel_regularizer=keras.regularizers.L2(0.5)), Penalty()])
    y = np.asarray(model(X))
    expected = [10 * np.mean(y**2), 0.5 * 6]
    np.testing.assert_allclose([float(loss) for loss in model.losses], expected, rtol=1e-5)
    model.compile(keras.optimizers.SGD(0.0), "mse", run_eagerly=run_eagerly)
    history = model.fit(X, np.zeros_like(y), batch_size=12, verbose=0).history
    np.testing.assert_allclose(history["loss"], [np.mean(y**2) + sum(expected)], rtol=1e-5)
    model(X)
    assert len(model.losses) == 2, "each call begins anew"


def test_a_loss_is_a_scalar() -> None:
    class Wrong(layers.Layer):
        def call(self, inputs: Any) -> Any:
            self.add_loss(inputs)
            return inputs

    with pytest.raises(ShapeError, match="no scalar"):
        Wrong()(X)


# -- masks -----------------------------------------------------------------------------------------


def test_masks_travel_with_tensors_through_models() -> None:
    ids = np.array([[1, 2, 0], [3, 0, 0]])
    model = keras.Sequential([layers.Embedding(5, 4, mask_zero=True), dense(3), Masked()])
    np.testing.assert_array_equal(model(ids), ids != 0)
    inputs = keras.Input((3,), dtype="int32")
    functional = keras.Model(inputs, Masked()(Penalty()(layers.Embedding(5, 4, mask_zero=True)(inputs))))
    np.testing.assert_array_equal(functional.predict(ids, verbose=0), ids != 0)
    np.testing.assert_array_equal(Masked()(np.ones((2, 3, 1)), mask=ids != 0), ids != 0)


def test_a_mask_that_is_lost_is_said(caplog: pytest.LogCaptureFixture) -> None:
    keras.Sequential([layers.Embedding(5, 4, mask_zero=True), layers.Flatten()])(np.array([[1, 0]]))
    assert "does not support" in caplog.text


# -- precision -------------------------------------------------------------------------------------


def test_a_mixed_policy_computes_in_half_and_keeps_whole_weights() -> None:
    layer = layers.Dense(4, dtype="mixed_bfloat16")
    assert str(layer(X).dtype) == "bfloat16"
    assert layer.kernel.dtype == layer.dtype == layer.variable_dtype == "float32"
    assert layer.compute_dtype == "bfloat16"
    assert layers.Dense.from_config(layer.get_config()).dtype_policy == layer.dtype_policy
    for wrong in ("mixed_float32", "float7"):
        with pytest.raises(Exception, match=wrong):
            layers.Dense(4, dtype=wrong)


def test_inputs_are_cast_to_what_a_layer_computes_in() -> None:
    assert layers.Dense(2)(X.astype("float64")).dtype == "float32"
    assert layers.Dense(2, dtype="float64")(X).dtype == "float64"


def test_the_policy_of_new_layers_can_be_set() -> None:
    try:
        keras.config.set_dtype_policy("mixed_bfloat16")
        assert layers.Dense(2).compute_dtype == "bfloat16"
    finally:
        keras.config.set_dtype_policy(None)
    assert layers.Dense(2).compute_dtype == "float32"


# -- summaries -------------------------------------------------------------------------------------


def summed_up(model: Any, **kwargs: Any) -> str:
    lines: list[str] = []
    model.summary(print_fn=lines.append, **kwargs)
    return "\n".join(lines)


def test_a_summary_counts_parameters_and_operations() -> None:
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(4, 3), layers.Flatten(), dense(5)], name="net")
    text = summed_up(model, line_length=80, show_trainable=True)
    assert re.search(r"Conv2D\)\s+\(None, 6, 6, 4\)\s+40 ", text)
    # 36 places x 4 filters x (9 products and sums and a bias), then 144 x 5 and 5 biases.
    operations = 36 * 4 * (2 * 9 + 1) + 2 * 144 * 5 + 5
    assert f"Operations for one example: {operations / 1000:.3g} KFLOP" in text
    assert "Total params: 765" in text
    assert max(map(len, text.splitlines())) <= 80
    assert ">(None, 6, 6, 4)</td>" in model._repr_html_()


def test_a_summary_shows_nested_layers_and_what_is_not_known_yet() -> None:
    inner = keras.Sequential([keras.Input((3,)), dense(4, name="within")], name="inner")
    outer = keras.Sequential([keras.Input((3,)), inner, dense(name="after")])
    assert "within" not in summed_up(outer)
    assert "  within" in summed_up(outer, expand_nested=True)
    assert "inner" not in summed_up(outer, layer_range=("after", "after"))
    with pytest.raises(ArgumentError, match="layer_range"):
        outer.summary(layer_range=("x", "y"))
    assert "?" in summed_up(keras.Sequential([dense()]))


@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_summary_keeps_its_width_and_its_numbers_whole(width: int) -> None:
    inner = keras.Sequential([keras.Input((300,)), dense(1000, name="a_name_of_some_length_within")], name="inner")
    model = keras.Sequential([keras.Input((300,)), inner, layers.LayerNormalization(), dense(name="last")])
    for options in ({}, {"show_trainable": True}):
        lines = summed_up(model, line_length=width, expand_nested=True, **options).splitlines()
        table = lines[: [i for i, line in enumerate(lines) if line.startswith("─")][-1] + 1]
        assert max(map(len, table)) == width
        for number in ("301,000", "2,000", "601 K"):
            assert re.search(rf" {number}( |$)", "\n".join(table), re.MULTILINE)
        if width == 80:  # a name of two words breaks between them, within its indent
            assert [line for line in table if line.startswith("  a_name_of_some_length_within")]
            assert not [line for line in table if re.match(r"\w+\)", line)]
        ends = {line.index(number) + len(number) for number in ("301,000", "2,000") for line in table if number in line}
        assert len(ends) == 1


def test_a_summary_in_a_notebook_is_well_formed() -> None:
    from xml.etree import ElementTree

    inner = keras.Sequential([keras.Input((3,)), dense(4)], name="inner")
    model = keras.Sequential([keras.Input((3,)), inner, dense(2)], name="<b> & co")
    page = ElementTree.fromstring(f"<p>{model._repr_html_().replace('&emsp;', '&#8195;').replace('<br>', '<br/>')}</p>")
    assert page[0].text == "Model: <b> & co"
    rows = [[cell.text for cell in row] for row in page.iter("tr")]
    assert rows[0] == ["Layer (type)", "Output Shape", "Param #", "FLOP", "Trainable"]
    assert [row[:3] for row in rows[1:]] == [
        ["inner (Sequential)", "(None, 4)", "16"], [f"{model.layers[1].name} (Dense)", "(None, 2)", "10"],
    ]  # fmt: skip
    sides = [cell.get("style") for cell in next(page.iter("tr"))]
    assert [side.split(":")[1] for side in sides] == ["left", "left", "right", "right", "left"]


# -- steps that have to know the size of a batch -----------------------------------------------------


def test_code_that_asks_for_the_number_of_examples_runs_for_every_batch() -> None:
    class PerExample(layers.Layer):
        def call(self, inputs: Any) -> Any:
            rows = [inputs[i] * float(i) for i in range(int(ops.shape(inputs)[0]))]
            return ops.stack(rows, axis=0)

    model = type("Model", (keras.Model,), {"call": lambda self, inputs: self.inner(inputs)})()
    model.inner = PerExample()
    expected = np.concatenate([X[:5] * np.arange(5)[:, None], X[5:10] * np.arange(5)[:, None], X[10:] * [[0], [1]]])
    np.testing.assert_allclose(model.predict(X, batch_size=5, verbose=0), expected, rtol=1e-6)
