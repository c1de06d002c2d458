"""`compile`, `fit` and their kin refuse every wrong argument, and nothing has changed then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import horn
from horn import Input, Model, Sequential, layers
from horn.errors import HornError
from horn.models import clone_model

from .wrong_values import NAN

if TYPE_CHECKING:
    from collections.abc import Callable

X, Y = np.ones((8, 3), "float32"), np.ones((8, 1), "float32")
FLAG = ("yes", 2, None, 0.5)
SIZE = (0, -1, 1.5, "a", NAN, True)
COUNT = (-1, 1.5, "a", None, True)
VERBOSE = ("nonsense", -1, 3.5, None, object())
WEIGHT = (3, "a", np.ones(3), np.full(8, NAN))
DATA = (None, 3, "a")


def compiled() -> Any:
    """Return a model that is ready to be trained."""
    model = Sequential([Input((3,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def method(name: str, **given: Any) -> Callable[..., Any]:
    """Return a function that calls a method of a model; all that a refused call may change is looked at."""

    def call(**wrong: Any) -> None:
        model = compiled()
        before = (model.get_weights(), int(model.optimizer.iterations), model.optimizer, model.compiled)
        try:
            getattr(model, name)(**{**given, **wrong})
        finally:
            after = (model.get_weights(), int(model.optimizer.iterations), model.optimizer, model.compiled)
            for old, new in zip(before[0], after[0], strict=True):
                np.testing.assert_array_equal(old, new)
            assert before[1:] == after[1:]

    return call


def functional(**given: Any) -> Model:
    """Return a functional model."""
    inputs = Input((3,))
    return Model(**{"inputs": inputs, "outputs": layers.Dense(1)(inputs), **given})


WRONG: dict[str, tuple[Callable[..., Any], dict[str, tuple[Any, ...]]]] = {
    "compile": (
        method("compile", optimizer="sgd", loss="mse"),
        {
            "optimizer": ("nonsense", 3, object(), True, ["sgd"]),
            "loss": ("nonsense", 3, object(), True),
            "loss_weights": ("a", [NAN], object(), True, 3.5j),
            "metrics": ("nonsense", [3], [object()], True, 3),
            "weighted_metrics": (["nonsense"], [3]),
            "run_eagerly": FLAG,
            "steps_per_execution": (*SIZE, "many"),
            "jit_compile": ("yes", 2),
            "auto_scale_loss": FLAG,
        },
    ),
    "fit": (
        method("fit", x=X, y=Y, verbose=0),
        {
            "x": (*DATA, np.ones((7, 3), "float32")),
            "y": (None, np.ones((7, 1), "float32"), "a"),
            "batch_size": SIZE,
            "epochs": COUNT,
            "verbose": VERBOSE,
            "callbacks": (3, [3], "a"),
            "validation_split": (1.5, -0.1, 1, NAN, "a", None, True),
            "validation_data": (3, "a", (X,), object()),
            "shuffle": ("yes", 2, None, 0.5),
            "class_weight": (3, "a", {0: -1.0}, {0: NAN}, {"a": 1.0}, [1.0]),
            "sample_weight": WEIGHT,
            "initial_epoch": COUNT,
            "steps_per_epoch": SIZE,
            "validation_steps": SIZE,
            "validation_batch_size": SIZE,
            "validation_freq": (0, -1, 1.5, "a", None, [], [0]),
        },
    ),
    "evaluate": (
        method("evaluate", x=X, y=Y, verbose=0),
        {
            "x": DATA, "batch_size": SIZE, "verbose": VERBOSE, "sample_weight": WEIGHT, "steps": SIZE,
            "callbacks": (3, [3]), "return_dict": FLAG,
        },
    ),
    "predict": (
        method("predict", x=X, verbose=0),
        {"x": DATA, "batch_size": SIZE, "verbose": VERBOSE, "steps": SIZE, "callbacks": (3, [3])},
    ),
    "train_on_batch": (
        method("train_on_batch", x=X, y=Y),
        {
            "x": DATA, "y": (np.ones((7, 1)), "a"), "sample_weight": WEIGHT, "return_dict": FLAG,
            "class_weight": (3, "a", {0: -1.0}),
        },
    ),
    "test_on_batch": (
        method("test_on_batch", x=X, y=Y), {"x": DATA, "sample_weight": WEIGHT, "return_dict": FLAG}
    ),
    "predict_on_batch": (method("predict_on_batch", x=X), {"x": DATA}),
    "Sequential": (
        Sequential,
        {
            "layers": (3, [3], "a", [object()], [layers.Dense]), "name": (3, "a/b"), "trainable": FLAG,
            "backend": ("nonsense", 3), "colour": (3,),
        },
    ),
    "Model": (
        functional,
        {
            "inputs": (3, None, "a", [], Input((2,))), "outputs": (3, None, "a", [3], []), "name": (3, "a/b"),
            "trainable": FLAG, "backend": ("nonsense", 3), "colour": (3,),
        },
    ),
    "Input": (
        lambda **given: Input(**{"shape": (3,), **given}),
        {
            "shape": (None, 3, "a", (-1,), (0.5,), ("a",), (True,), NAN), "batch_size": SIZE,
            "dtype": ("nonsense", 3, object()), "name": (3, object(), "a/b"),
        },
    ),
    "clone_model": (
        lambda **given: clone_model(**{"model": compiled(), **given}),
        {
            "model": (3, None, layers.Dense(1), "a"), "input_tensors": (3, "a"),
            "clone_function": (3, "a", lambda layer: 3),
        },
    ),
    "PyDataset": (
        horn.utils.PyDataset,
        {
            "workers": (-1, 1.5, "a", None, True), "use_multiprocessing": FLAG, "max_queue_size": (*SIZE, None),
            "colour": (3,),
        },
    ),
}  # fmt: skip
OTHER_WORDS = ("x", "y", "sample_weight", "inputs")
"""Data are spoken of as inputs, targets and weights, and by the place where they are wrong."""

CASES = [(what, argument) for what, (_, wrong) in WRONG.items() for argument in wrong]


@pytest.mark.parametrize(("what", "argument"), CASES, ids=[".".join(case) for case in CASES])
def test_a_wrong_argument_is_refused_and_nothing_has_changed(what: str, argument: str) -> None:
    call, wrong = WRONG[what]
    for value in wrong[argument]:
        with pytest.raises(HornError) as caught:
            call(**{argument: value})
        error = caught.value
        assert all((error.what, error.expected, error.got, error.remedy))
        said = "".join((str(error), *getattr(error, "__notes__", ())))
        assert argument in said or argument in OTHER_WORDS, f"{argument}={value!r}: {said}"
