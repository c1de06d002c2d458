"""Every public class and function says what it takes, what shapes, which errors, and shows an example."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest

from horn.api.configuration import arguments
from horn.api.docstrings import sections
from horn.api.layers.layer import Layer
from horn.models import Functional, Model, Sequential, clone_model
from horn.utils import PyDataset

from .everything import CLASSES, TABLES

OF_ALL_LAYERS = set(arguments(Layer))
SHAPED = ("layers", "losses", "metrics")
PAPERS = {
    "AdditiveAttention": "Bahdanau", "Attention": "Luong", "MultiHeadAttention": "Vaswani",
    "GroupedQueryAttention": "Ainslie", "Adadelta": "Zeiler", "Adafactor": "Shazeer", "Adagrad": "Duchi",
    "Adam": "Kingma", "AdamW": "Loshchilov", "Adamax": "Kingma", "Ftrl": "McMahan", "Lamb": "You",
    "Lion": "Chen", "Muon": "Jordan", "Nadam": "Dozat", "ScheduleFreeAdamW": "Defazio", "SGD": "Sutskever",
    "RMSprop": "Hinton", "LossScaleOptimizer": "Micikevicius", "CosineDecay": "Loshchilov",
    "CosineDecayRestarts": "Loshchilov", "AlphaDropout": "Klambauer", "Dropout": "Srivastava",
    "GaussianDropout": "Srivastava", "SpatialDropout2D": "Tompson", "BatchNormalization": "Ioffe",
    "LayerNormalization": "Ba", "GroupNormalization": "Wu", "RMSNormalization": "Zhang", "Bidirectional": "Schuster",
    "GRU": "Cho", "GRUCell": "Cho", "LSTM": "Hochreiter", "LSTMCell": "Hochreiter", "SimpleRNN": "Elman",
    "SimpleRNNCell": "Elman", "ELU": "Clevert", "LeakyReLU": "Maas", "PReLU": "He", "ReLU": "Nair",
    "Conv2D": "LeCun", "Conv2DTranspose": "Dumoulin", "DepthwiseConv2D": "Howard", "SeparableConv2D": "Chollet",
    "GlobalAveragePooling2D": "Lin", "Embedding": "Bengio", "BinaryFocalCrossentropy": "Lin", "Circle": "Sun",
    "CategoricalFocalCrossentropy": "Lin", "CategoricalGeneralizedCrossEntropy": "Zhang", "CTC": "Graves",
    "Dice": "Milletari", "Tversky": "Salehi", "Huber": "Huber", "GlorotNormal": "Glorot", "GlorotUniform": "Glorot",
    "HeNormal": "He", "HeUniform": "He", "LecunNormal": "LeCun", "LecunUniform": "LeCun", "Orthogonal": "Saxe",
    "SwapEMAWeights": "Polyak", "L1": "Tibshirani", "L1L2": "Zou", "OrthogonalRegularizer": "Brock",
}  # fmt: skip
"""Whose idea it was."""

each_class = pytest.mark.parametrize(
    ("facade", "made"), CLASSES, ids=[f"{facade}.{made.__name__}" for facade, made in CLASSES]
)


def own_arguments(made: Any) -> list[str]:
    """Return the named parameters of a constructor or function."""
    if isinstance(made, type) and made.__init__ is object.__init__:
        return []
    parameters = inspect.signature(made).parameters.values()
    return [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]


def assert_told(made: Any, names: set[str]) -> dict[str, str]:
    """Return the sections of a docstring, in which all arguments have to be told."""
    found = sections(made.__doc__)
    told = f"\n{found.get('Args', '')}"
    silent = [name for name in names if f"\n    {name}:" not in told]
    assert not silent, f"{made.__name__} does not say what {', '.join(silent)} is"
    return found


@each_class
def test_a_class_is_described(facade: str, made: Any) -> None:
    names = set(own_arguments(made))
    if made.__init__ is Layer.__init__ and made is not Layer:
        names -= OF_ALL_LAYERS  # **kwargs: Those of `Layer`
    found = assert_told(made, names)
    assert found[""].split("\n")[0].endswith((".", ":")), "a sentence comes first"
    assert ">>> " in found.get("Example", "")
    assert not names or "Error: " in found.get("Raises", "")
    assert facade not in SHAPED or ": " in found.get("Shapes", "")


@pytest.mark.parametrize("name", PAPERS)
def test_the_paper_is_named(name: str) -> None:
    found = [made for _, made in CLASSES if made.__name__ == name]
    assert found
    assert PAPERS[name] in sections(found[0].__doc__).get("Reference", "")


FUNCTIONS = [
    (facade, made)
    for facade in (*TABLES, "activations")
    for made in (
        getattr(import_module(f"horn.{facade}"), name) for name in import_module(f"horn.{facade}").__all__
    )
    if inspect.isfunction(made)
]


@pytest.mark.parametrize(
    ("facade", "made"), FUNCTIONS, ids=[f"{facade}.{made.__name__}" for facade, made in FUNCTIONS]
)
def test_a_function_is_described(facade: str, made: Any) -> None:
    found = assert_told(made, set(own_arguments(made)) if facade != "activations" else set())
    assert found[""]


METHODS = [getattr(Model, name) for name in ("compile", "fit", "evaluate", "predict")]


@pytest.mark.parametrize(
    "made", [*METHODS, clone_model, PyDataset, Sequential, Functional, Model], ids=lambda one: one.__name__
)
def test_models_are_described(made: Any) -> None:
    found = assert_told(made, set(own_arguments(made)) - {"self", "args", "kwargs"})
    assert "Raises" in found


def test_what_a_base_says_is_shown_and_what_a_class_says_is_kept() -> None:
    class Mine(Layer):
        """Mine.

        Example:
            >>> 1
            1
        """

    assert sections(Mine.__doc__).keys() == {"", "Example"}, "a class of somebody else's is left alone"
    text = sections(
        "One.\n\n    Args:\n        x: The first.\n            More.\n\n    Notes:\n        None.\n    "
    )
    assert text == {"": "One.", "Args": "    x: The first.\n        More.", "Notes": "    None."}
