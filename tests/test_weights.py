"""Weights in files: what is saved is loaded, by Horn and by Keras 3, in both directions."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import horn
from horn.api.saving.layout import group_name
from horn.errors import ArgumentError, SavedModelError

KERAS = next(
    (name for name in ("torch", "jax") if importlib.util.find_spec("keras") and importlib.util.find_spec(name)), None
)
needs_keras = pytest.mark.skipif(KERAS is None, reason="keras with jax or torch is not installed")


@pytest.fixture(autouse=True)
def on_numpy() -> Any:
    with horn.use_backend("numpy"):
        yield


# -- models that Horn and Keras build from the same code (also run in a process with Keras) -----------


def convolutional(k: Any) -> Any:
    """Every layer with weights on images, and some without."""
    layers = k.layers
    return k.Sequential(
        [
            k.Input((8, 8, 2)), layers.Conv2D(3, 3, activation="relu"), layers.BatchNormalization(),
            layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(0.5), layers.Dense(4), layers.LeakyReLU(),
            layers.BatchNormalization(scale=False), layers.Dense(2, use_bias=False),
        ]
    )  # fmt: skip


def branched(k: Any) -> Any:
    """A graph with a shared layer, a model within and branches of unequal length, made out of order."""
    layers = k.layers
    first, second = k.Input((4,)), k.Input((4,))
    inner = k.Sequential([k.Input((4,)), layers.Dense(4, activation="tanh"), layers.Dense(4)])
    last = layers.Dense(2)
    near = layers.Dense(4, activation="sigmoid")(first)
    shared = layers.Dense(4, activation="tanh")
    far = layers.Dense(4, activation="softmax")(shared(layers.Dense(4)(second)))
    summed = layers.Add()([near, far]) + shared(first)
    joined = layers.Concatenate()([inner(summed), near, inner(second), far * 2.0])
    return k.Model([first, second], last(joined))


def recurrent(k: Any) -> Any:
    """Layers whose weights are deeper in the file than in the model."""
    layers = k.layers
    return k.Sequential([k.Input((5,)), layers.Embedding(10, 3), layers.LSTM(4, return_sequences=True), layers.LSTM(3)])


def subclassed(k: Any) -> Any:
    """Layers as attributes, in lists and dictionaries, before and after `layers` in the alphabet."""
    layers = k.layers

    class My2Scale(layers.Layer):
        def build(self, input_shape: Any) -> None:
            self.count = self.add_weight(shape=(3,), initializer="zeros", trainable=False, name="count")
            self.factor = self.add_weight(shape=(3,), initializer="ones", name="factor")

        def call(self, inputs: Any) -> Any:
            return inputs * self.factor + self.count

    class Network(k.Model):
        def __init__(self) -> None:
            super().__init__()
            self.last = layers.Dense(3, activation="tanh")
            self.blocks = [layers.Dense(3), layers.BatchNormalization(), My2Scale(), layers.Dense(3)]
            self.again = self.last
            self.kinds = {"q": My2Scale(), "a": [layers.Dense(3, activation="sigmoid"), layers.Dense(3)]}
            self.zoo = [[layers.Dense(3)], (layers.Dense(3), My2Scale())]
            self.offset = self.add_weight(shape=(3,), initializer="zeros", name="offset")

        def call(self, inputs: Any) -> Any:
            x = self.last(inputs)
            for layer in [*self.blocks, self.again, self.kinds["q"], *self.kinds["a"], *self.zoo[0], *self.zoo[1]]:
                x = layer(x)
            return x + self.offset

    return Network()


BUILDERS = (convolutional, branched, recurrent, subclassed)


def examples(name: str) -> Any:
    """Return a batch for a model."""
    draw = np.random.default_rng(0)
    if name == "recurrent":
        return draw.integers(0, 10, (3, 5)).astype("int32")
    if name == "branched":
        return [draw.normal(size=(3, 4)).astype("float32") for _ in range(2)]
    return draw.normal(size=(3, 8, 8, 2) if name == "convolutional" else (3, 3)).astype("float32")


def fill(model: Any, seed: int) -> None:
    """Give every weight another value, none of them symmetric or negative (some are variances)."""
    draw = np.random.default_rng(seed)
    for variable in model.weights:
        variable.assign(draw.uniform(0.1, 0.9, tuple(variable.shape)).astype("float32"))


def optimizers(k: Any) -> dict[str, Any]:
    """Return optimizers that keep their slots in different orders."""
    kinds = k.optimizers
    return {
        "sgd": kinds.SGD(0.1), "momentum": kinds.SGD(0.1, momentum=0.9), "adam": kinds.Adam(0.01),
        "rmsprop": kinds.RMSprop(0.01), "rmsprop_momentum": kinds.RMSprop(0.01, momentum=0.5),
        "rmsprop_centered": kinds.RMSprop(0.01, momentum=0.5, centered=True), "nadam": kinds.Nadam(0.01),
        "amsgrad": kinds.Adam(0.01, amsgrad=True, use_ema=True, gradient_accumulation_steps=2),
        "several": kinds.MultiOptimizer(
            kinds.OptimizerMap(
                kinds.SGD(0.1, momentum=0.9),
                {".*bias": kinds.Nadam(0.01, use_ema=True), "no": kinds.Nadam(0.01), "dense.*kernel": kinds.Adam(0.01)},
            )
        ),
        "scaled": kinds.LossScaleOptimizer(kinds.SGD(0.1, momentum=0.9), initial_scale=8.0, dynamic_growth_steps=2),
        "muon": kinds.Muon(0.01), "scheduled": kinds.SGD(kinds.schedules.ExponentialDecay(0.1, 2, 0.5), momentum=0.5),
    }  # fmt: skip


OPTIMIZERS = [
    "sgd", "momentum", "adam", "rmsprop", "rmsprop_momentum", "rmsprop_centered", "nadam", "amsgrad", "muon",
    "scheduled", "several", "scaled",
]  # fmt: skip


def trained(k: Any, name: str) -> Any:
    """Return a model that has begun to train."""
    model = branched(k)
    fill(model, 1)
    model.compile(optimizers(k)[name], "mse")
    for _ in range(2):
        model.train_on_batch(examples("branched"), np.ones((3, 2), "float32"))
    return model


def in_keras(folder: Path) -> None:
    """Load what Horn has saved and save something for Horn, in a process with Keras."""
    import keras

    outputs: dict[str, Any] = {}
    for build in BUILDERS:
        name, x = build.__name__, examples(build.__name__)
        model = build(keras)
        model(x)
        model.load_weights(folder / f"horn_{name}.weights.h5")
        outputs[f"horn_{name}"] = model.predict(x, verbose=0)
        fill(model, 2)
        model.save_weights(folder / f"keras_{name}.weights.h5")
        outputs[f"keras_{name}"] = model.predict(x, verbose=0)
    for name in optimizers(keras):
        model = trained(keras, name)
        model.save_weights(folder / f"keras_{name}.weights.h5")
        model.train_on_batch(examples("branched"), np.ones((3, 2), "float32"))
        outputs[f"keras_{name}"] = model.predict(examples("branched"), verbose=0)
        model.load_weights(folder / f"horn_{name}.weights.h5")
        model.train_on_batch(examples("branched"), np.ones((3, 2), "float32"))
        outputs[f"horn_{name}"] = model.predict(examples("branched"), verbose=0)
    np.savez(folder / "keras.npz", **outputs)


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """The folder of files from both, and what Horn and Keras predict with them."""
    folder = tmp_path_factory.mktemp("exchange")
    mine: dict[str, np.ndarray] = {}
    with horn.use_backend("numpy"):
        for build in BUILDERS:
            name, x = build.__name__, examples(build.__name__)
            model = build(horn)
            model(x)
            fill(model, 1)
            model.save_weights(folder / f"horn_{name}.weights.h5")
            mine[f"horn_{name}"] = model.predict(x, verbose=0)
        for name in optimizers(horn):
            model = trained(horn, name)
            model.save_weights(folder / f"horn_{name}.weights.h5")
            model.train_on_batch(examples("branched"), np.ones((3, 2), "float32"))
            mine[f"horn_{name}"] = model.predict(examples("branched"), verbose=0)
    parts = [inspect.getsource(part) for part in (*BUILDERS, examples, fill, optimizers, trained, in_keras)]
    names = ", ".join(build.__name__ for build in BUILDERS)
    script = "\n".join(
        [
            "from __future__ import annotations",
            "from typing import Any",
            "import sys, warnings\nfrom pathlib import Path\nimport numpy as np",
            *parts,
            f"BUILDERS = ({names})",
            "warnings.filterwarnings('error', message='Skipping variable loading')",
            "in_keras(Path(sys.argv[1]))",
        ]
    )
    environment = {**os.environ, "KERAS_BACKEND": str(KERAS), "TF_CPP_MIN_LOG_LEVEL": "2"}
    ran = subprocess.run(
        [sys.executable, "-c", script, str(folder)], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    with np.load(folder / "keras.npz") as theirs:
        return folder, mine, dict(theirs)


CASES = [build.__name__ for build in BUILDERS]


@needs_keras
@pytest.mark.parametrize(
    "name", [*CASES, "sgd", "momentum", "adam", "rmsprop", "rmsprop_momentum", "several", "scaled"]
)
def test_keras_reads_what_horn_writes(exchange: Any, name: str) -> None:
    _, mine, theirs = exchange
    np.testing.assert_allclose(theirs[f"horn_{name}"], mine[f"horn_{name}"], rtol=1e-5, atol=1e-5)


@needs_keras
@pytest.mark.parametrize("build", BUILDERS)
def test_horn_reads_what_keras_writes(exchange: Any, build: Any) -> None:
    folder, _, theirs = exchange
    x, model = examples(build.__name__), build(horn)
    model(x)
    model.load_weights(folder / f"keras_{build.__name__}.weights.h5")
    np.testing.assert_allclose(model.predict(x, verbose=0), theirs[f"keras_{build.__name__}"], rtol=1e-5, atol=1e-5)


@needs_keras
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_from_a_file_of_keras(exchange: Any, name: str, caplog: Any) -> None:
    folder, _, theirs = exchange
    model = branched(horn)
    model.compile(optimizers(horn)[name], "mse")
    model.load_weights(folder / f"keras_{name}.weights.h5")
    assert "left out" not in caplog.text
    assert int(getattr(model.optimizer, "inner_optimizer", model.optimizer).variables[0]) == 2
    model.train_on_batch(examples("branched"), np.ones((3, 2), "float32"))
    got = model.predict(examples("branched"), verbose=0)
    np.testing.assert_allclose(got, theirs[f"keras_{name}"], rtol=1e-5, atol=1e-5)


# -- Horn alone ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_goes_on_where_it_was(name: str, tmp_path: Path) -> None:
    path, x, y = tmp_path / "a.weights.h5", examples("branched"), np.ones((3, 2), "float32")
    first, later = trained(horn, name), branched(horn)
    first.save_weights(path)
    first.train_on_batch(x, y)
    later.compile(optimizers(horn)[name], "mse")
    for model in (later, later, first):  # one that has no slots yet, and two that have been trained
        model.load_weights(path)
        assert len(model.optimizer.variables) == len(first.optimizer.variables)
        model.train_on_batch(x, y)
    for a, b in zip(first.get_weights(), later.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("build", BUILDERS)
def test_what_is_saved_is_loaded(build: Any, tmp_path: Path) -> None:
    path, x = tmp_path / "a.weights.h5", examples(build.__name__)
    saved, loaded = build(horn), build(horn)
    saved(x), loaded(x)
    fill(saved, 3)
    saved.save_weights(path)
    loaded.load_weights(path)
    for a, b in zip(saved.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    first = path.read_bytes()
    saved.save_weights(str(path))
    assert path.read_bytes() == first
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("build", BUILDERS)
def test_a_file_has_every_weight_in_one_place(build: Any) -> None:
    from horn.api.saving.layout import Layout, all_variables

    model = build(horn)
    model(examples(build.__name__))
    in_file = [id(variable) for group in Layout(model).groups for variable in group.variables]
    assert sorted(in_file) == sorted(id(variable) for variable in model.variables)
    assert sorted(in_file) == sorted(id(variable) for variable in all_variables(model))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "int64", "uint8", "bool"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (5,), (2, 3, 4)])
def test_every_plain_dtype_and_shape_comes_back(dtype: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    class Holder(horn.Model):
        def build(self, input_shape: Any) -> None:
            self.held = self.add_weight(shape, "zeros", dtype=dtype, trainable=False)

        def call(self, inputs: Any) -> Any:
            return inputs

    first, second = Holder(), Holder()
    for model in (first, second):
        model(np.ones((1, 2), "float32"))
    first.held.assign(np.random.default_rng(0).integers(0, 2, shape).astype(dtype))
    first.save_weights(tmp_path / "a.weights.h5")
    second.load_weights(tmp_path / "a.weights.h5")
    np.testing.assert_array_equal(first.held.numpy(), second.held.numpy())


def dense(*units: int, **kwargs: Any) -> Any:
    """Return a small model."""
    return horn.Sequential([horn.Input((3,)), *(horn.layers.Dense(n, **kwargs) for n in units)])


def test_an_optimizer_that_does_not_fit_is_left_out_with_a_word(tmp_path: Path, caplog: Any) -> None:
    path = tmp_path / "a.weights.h5"
    saved, loaded = dense(2), dense(2)
    saved.compile("adam", "mse")
    saved.train_on_batch(np.ones((2, 3), "float32"), np.ones((2, 2), "float32"))
    saved.save_weights(path)
    loaded.load_weights(path)
    assert not caplog.records
    loaded.compile("sgd", "mse")
    loaded.load_weights(path)
    assert "optimizer" in caplog.text
    assert int(loaded.optimizer.iterations) == 0
    np.testing.assert_array_equal(loaded.get_weights()[0], saved.get_weights()[0])


def test_paths_that_mean_nothing(tmp_path: Path) -> None:
    model = dense(2)
    for path in ("a.h5", "a.keras", "a.weights.h5.zip", "", 3, None):
        with pytest.raises(ArgumentError, match="does not say its format"):
            model.save_weights(path)
        with pytest.raises(ArgumentError, match="does not say its format"):
            model.load_weights(path)
    with pytest.raises(SavedModelError, match="nothing there"):
        model.load_weights(tmp_path / "a.weights.h5")
    with pytest.raises(SavedModelError, match="No such file"):
        model.save_weights(tmp_path / "missing" / "a.weights.h5")
    (tmp_path / "folder.weights.h5").mkdir()
    with pytest.raises(SavedModelError, match="a folder"):
        model.load_weights(tmp_path / "folder.weights.h5")
    with pytest.raises(SavedModelError, match="directory"):
        model.save_weights(tmp_path / "folder.weights.h5")
    assert [found.name for found in tmp_path.iterdir()] == ["folder.weights.h5"]


def test_a_file_is_kept_when_asked(tmp_path: Path) -> None:
    path, model = tmp_path / "a.weights.h5", dense(2)
    model.save_weights(path, overwrite=False)
    before = path.read_bytes()
    with pytest.raises(ArgumentError, match="overwrite"):
        dense(4).save_weights(path, overwrite=False)
    assert path.read_bytes() == before


def test_a_model_without_weights_is_told_so(tmp_path: Path) -> None:
    model = horn.Sequential([horn.layers.Dense(2)])
    for method in (model.save_weights, model.load_weights):
        with pytest.raises(ArgumentError, match="no weights yet"):
            method(tmp_path / "a.weights.h5")


def test_bfloat16_has_no_place_in_a_file(tmp_path: Path) -> None:
    with pytest.raises(SavedModelError, match="bfloat16"):
        dense(2, dtype="bfloat16").save_weights(tmp_path / "a.weights.h5")
    dense(2).save_weights(tmp_path / "a.weights.h5")
    with pytest.raises(SavedModelError, match="bfloat16"):
        dense(2, dtype="bfloat16").load_weights(tmp_path / "a.weights.h5")
    assert not [found for found in tmp_path.iterdir() if found.name != "a.weights.h5"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("LSTM", "lstm"), ("Conv2D", "conv2d"), ("Conv2DTranspose", "conv2d_transpose"), ("LeakyReLU", "leaky_re_lu"),
     ("RMSProp2Net", "rms_prop2_net"), ("_Own", "__own"), ("GRUCell", "gru_cell"), ("A1Bc2De", "a1_bc2_de")],
)  # fmt: skip
def test_names_of_groups(kind: str, name: str) -> None:
    assert group_name(kind) == name


def test_one_module_imports_h5py() -> None:
    found = []
    for path in Path(horn.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found += [path.name for name in names if name.split(".")[0] == "h5py"]
    assert set(found) == {"safe_h5.py"}
