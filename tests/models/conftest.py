"""What the model tests share: the backend under test, and the four models of the examples."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import horn as keras

EXAMPLES = Path(__file__).parents[2] / "examples"


def example(name: str) -> ModuleType:
    """Return the example of that name as a module."""
    spec = importlib.util.spec_from_file_location(f"examples_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    """The name of the backend under test: `--horn-backend`, or NumPy."""
    return request.config.getoption("--horn-backend", None) or "numpy"


@pytest.fixture(params=["digits", "sequences", "two_inputs", "gan"])
def script(request: pytest.FixtureRequest) -> ModuleType:
    """Each of the example scripts, which have `build` and `data`."""
    return example(request.param)


@pytest.fixture
def script_named() -> Callable[[str], ModuleType]:
    """The function from the name of an example to its module."""
    return example


def begin() -> None:
    """Begin anew: the same seed, the same names."""
    keras.utils.set_random_seed(0)
    keras.utils.clear_session()


@pytest.fixture
def begin_again() -> Callable[[], None]:
    """The function that begins anew within a test."""
    return begin


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Begin every test from the same seed and the same names."""
    begin()
