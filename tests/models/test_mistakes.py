"""Ten mistakes: the same whole text on every backend, and nothing has changed afterwards.

The texts stand here once; the test runs in a process of each backend, so they are equal on all.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import horn as keras
from horn import contract, layers, ops, registry
from horn.errors import ArgumentError, BackendError, DataError, HornError, ShapeError
from horn.state.variable import Variable

X = np.random.default_rng(0).normal(size=(12, 5)).astype("float32")
LABELS = np.arange(12) % 3


def network(backend: str, loss: str = "sparse_categorical_crossentropy") -> Any:
    """Return a compiled and built network of 5 features and 3 classes."""
    model = keras.Sequential(
        [keras.Input((5,)), layers.Dense(4, activation="relu", name="hidden"), layers.Dense(3, name="out")],
        name="net", backend=backend,
    )  # fmt: skip
    model.compile("adam", loss)
    return model


class Other(contract.Backend):
    """A second backend, whose tensors are its own."""

    class Tensor:
        shape, dtype = (12, 5), "float32"

    name = "other"
    tensor_types = (Tensor,)
    kernels: dict[str, Any] = {}  # noqa: RUF012

    def asarray(self, value: np.ndarray, dtype: str | None = None) -> Any:
        return Other.Tensor()

    def describe(self, tensor: Any) -> tuple[tuple[int, ...], str]:
        return tensor.shape, tensor.dtype


def distribution(folder: Path, name: str, backend: str, source: str) -> None:
    """Write an installed distribution that claims a backend."""
    module = name.replace("-", "_")
    (folder / f"{module}.py").write_text(source)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[horn.backends]\n{backend} = {module}\n")


@pytest.fixture
def plugins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Install a plugin that raises, and two of one name."""
    distribution(tmp_path, "horn-broken", "broken", "raise ImportError('libbroken.so.3 is missing')\n")
    distribution(tmp_path, "horn-one", "twin", "")
    distribution(tmp_path, "horn-two", "twin", "")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    for module in ("horn_broken", "horn_one", "horn_two"):
        sys.modules.pop(module, None)


def unknown_backend(backend: str) -> None:
    keras.Sequential([layers.Dense(1)], backend="numpi")


def broken_plugin(backend: str) -> None:
    keras.set_backend("broken")


def two_plugins(backend: str) -> None:
    keras.set_backend("twin")


def wrong_shape(backend: str) -> None:
    network(backend).layers[0](np.zeros((2, 7), "float32"))


def misspelt_loss(backend: str) -> None:
    network(backend).compile("adam", "mean_square_error")


def misspelt_optimizer(backend: str) -> None:
    network(backend).compile("adma", "mse")


def misspelt_activation(backend: str) -> None:
    layers.Dense(3, activation="rellu")


def label_out_of_range(backend: str) -> None:
    network(backend).fit(X, LABELS + 1, verbose=0)


def target_shape(backend: str) -> None:
    network(backend, "mean_squared_error").fit(X, LABELS.astype("float32"), verbose=0)


def nan_input(backend: str) -> None:
    spoilt = X.copy()
    spoilt[7, 2] = np.nan
    network(backend).fit(spoilt, LABELS, verbose=0)


def fit_before_compile(backend: str) -> None:
    keras.Sequential([keras.Input((5,)), layers.Dense(3)], name="net", backend=backend).fit(X, LABELS, verbose=0)


def mixed_backends(backend: str) -> None:
    mine = Variable(X, name="mine")
    mine.storage(contract.load(backend))
    ops.add(mine, Other.Tensor())


MISTAKES: dict[Callable[[str], None], tuple[type[HornError], type[Exception], str]] = {
    unknown_backend: (BackendError, RuntimeError, """\
There is no backend named 'numpi'.
  expected: one of {installed}
  got:      'numpi'
  next:     did you mean 'numpy'?"""),
    broken_plugin: (BackendError, RuntimeError, """\
The backend 'broken' does not import.
  expected: the distribution horn-broken to import without an error
  got:      ImportError: libbroken.so.3 is missing
  next:     reinstall horn-broken, or choose another backend; the others are not affected"""),
    two_plugins: (BackendError, RuntimeError, """\
Two installed distributions claim the backend 'twin'.
  expected: one distribution for each name
  got:      horn-one and horn-two
  next:     uninstall one of them; the other backends are not affected"""),
    wrong_shape: (ShapeError, ValueError, """\
Dense 'hidden' was built for inputs with 5 features.
  expected: shape (..., 5)
  got:      shape (2, 7)
  next:     put Flatten() or Reshape() before this layer, or make a new one for these inputs"""),
    misspelt_loss: (ArgumentError, ValueError, """\
There is no loss named 'mean_square_error'.
  expected: one of {losses}, or an object
  got:      'mean_square_error'
  next:     did you mean 'mean_squared_error'?"""),
    misspelt_optimizer: (ArgumentError, ValueError, """\
There is no optimizer named 'adma'.
  expected: one of {optimizers}, or an object
  got:      'adma'
  next:     did you mean 'adam'?"""),
    misspelt_activation: (ArgumentError, ValueError, """\
There is no activation named 'rellu'.
  expected: one of {activations}, or an object
  got:      'rellu'
  next:     did you mean 'relu'?"""),
    label_out_of_range: (DataError, ValueError, """\
The targets hold an integer that sparse_categorical_crossentropy has no place for.
  expected: integers from 0 to 2
  got:      3 in example 2
  next:     check the labels, or the number of classes or of words in the model"""),
    target_shape: (ShapeError, ValueError, """\
mean_squared_error was given targets of another shape than the outputs.
  expected: targets of shape (N, 3), that of the outputs
  got:      (N,)
  next:     reshape the targets, or change the number of units of the last layer"""),
    nan_input: (DataError, ValueError, """\
The inputs contain NaN.
  expected: numbers
  got:      NaN in example 7
  next:     clean the data: drop such examples, or fill them in"""),
    fit_before_compile: (ArgumentError, ValueError, """\
fit was called on the model 'net' before compile.
  expected: compile(optimizer=..., loss=...) first
  got:      a model that is not compiled
  next:     call model.compile(optimizer='adam', loss=...)"""),
    mixed_backends: (BackendError, RuntimeError, """\
add was given tensors of two backends.
  expected: tensors of one backend
  got:      a tensor of '{backend}' and one of 'other'
  next:     convert one of them to NumPy first: horn.ops.convert_to_numpy(x)"""),
}  # fmt: skip


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.__name__)
def test_the_text_is_the_same_everywhere(mistake: Callable[[str], None], backend: str) -> None:
    from horn.api import activations, losses
    from horn.api.optimizers import names

    registry.register(Other())
    kind, builtin, text = MISTAKES[mistake]
    want = text.format(
        backend=backend,
        installed=", ".join(registry.installed()),
        losses=", ".join(sorted(losses.TABLE)),
        activations=", ".join(sorted(activations.TABLE)),
        optimizers=", ".join(sorted(names.TABLE)),
    )
    with pytest.raises(kind) as caught:
        mistake(backend)
    assert str(caught.value) == want
    assert isinstance(caught.value, builtin)


@pytest.mark.parametrize("mistake", ["labels", "nan", "shape", "targets"])
def test_nothing_has_changed_after_a_mistake(mistake: str, backend: str) -> None:
    model = network(backend, "mean_squared_error" if mistake == "targets" else "sparse_categorical_crossentropy")
    good = np.eye(3, dtype="float32")[LABELS] if mistake == "targets" else LABELS
    model.fit(X, good, verbose=0)
    state = [*model.variables, *model.optimizer.variables, *model._counters.values()]
    before = [variable.numpy() for variable in state]
    wrong = {
        "labels": lambda: model.fit(X, LABELS - 1, verbose=0),
        "nan": lambda: model.fit(np.where(X > 1.5, np.nan, X), LABELS, verbose=0),
        "shape": lambda: model.fit(X[:, :4], LABELS, verbose=0),
        "targets": lambda: model.fit(X, LABELS.astype("float32"), verbose=0),
    }
    with pytest.raises(HornError):
        wrong[mistake]()
    for variable, value in zip(state, before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value, err_msg=variable.path)
