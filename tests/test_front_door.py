"""The front door: `import horn` is light, every public name is there, and no plugin leaves marks."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from typing import Any

import pytest

import horn
from horn import registry
from horn.api.layers import core

# The floors of the house. Every other module beside the front door is public.
FLOORS = {
    "api", "contract", "dtypes", "engine", "errors", "numpy_backend", "registry", "settings", "spec", "state",
    "tree", "validate",
}  # fmt: skip
FACADES = sorted(module.name for module in pkgutil.iter_modules(horn.__path__) if module.name not in FLOORS)
FRAMEWORKS = ["jax", "torch", "tensorflow"]
HEAVY = ["h5py", "importlib.metadata", "jax", "keras", "pluggy", "tensorflow", "torch"]


def run(code: str, **environment: str) -> Any:
    """Run code in a fresh interpreter and return what it prints, read as JSON."""
    clean = {key: value for key, value in os.environ.items() if key not in ("HORN_BACKEND", "KERAS_BACKEND")}
    ran = subprocess.run(
        [sys.executable, "-c", code], env={**clean, **environment}, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.strip().splitlines()[-1])


def test_importing_horn_is_light() -> None:
    added = run(
        "import json, sys, numpy\nbefore = set(sys.modules)\nimport horn\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    assert "horn" in added
    assert len(added) < 40, added
    assert not [name for name in added if name in HEAVY]


@pytest.mark.parametrize(
    "code",
    [
        "import horn.layers; found = horn.layers.Dense",
        "from horn.layers import Dense as found",
        "from horn import layers; found = layers.Dense",
        "import horn as keras; found = keras.layers.Dense",
        "from horn import *; found = layers.Dense",
    ],
)
def test_ways_in(code: str) -> None:
    place = run(f"{code}\nimport json; print(json.dumps([found.__module__, found.__name__]))")
    assert place == ["horn.api.layers.core", "Dense"]


def test_a_class_lives_once() -> None:
    assert horn.layers.Dense is core.Dense
    assert horn.layers.Input is horn.Input


@pytest.mark.parametrize("facade", FACADES)
def test_every_name_of_a_facade_is_there(facade: str) -> None:
    module = importlib.import_module(f"horn.{facade}")
    assert getattr(horn, facade) is module
    assert sorted(set(module.__all__)) == sorted(module.__all__)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert module.__doc__


def test_the_front_door_lists_what_is_behind_it() -> None:
    assert dir(horn) == sorted(horn.__all__)
    assert set(FACADES) <= set(dir(horn))
    assert [name for name in dir(horn) if not hasattr(horn, name)] == []
    with pytest.raises(AttributeError, match="no attribute 'lairs'"):
        _ = horn.lairs


def test_h5py_waits_for_the_first_file() -> None:
    code = "import horn, json, sys\nhorn.Sequential([horn.Input((3,)), horn.layers.Dense(2)], backend='numpy')"
    assert run(f"{code}\nprint(json.dumps('h5py' in sys.modules))") is False


@pytest.fixture(params=FRAMEWORKS)
def framework(request: pytest.FixtureRequest) -> str:
    """The name of a framework, which is that of its backend too."""
    if request.param not in registry.installed():
        pytest.skip(f"no plugin for {request.param} is installed")
    return request.param


def test_choosing_a_backend_imports_no_other(framework: str) -> None:
    code = "import horn, json, sys\nhorn.ops.add([1.0], [2.0])\nprint(json.dumps(sorted(sys.modules)))"
    loaded = run(code, HORN_BACKEND=framework)
    assert framework in loaded
    own = run(f"import {framework}, json, sys\nprint(json.dumps(sorted(sys.modules)))")
    assert not ({*FRAMEWORKS, "keras"} - {framework}) & (set(loaded) - set(own))


STATE = """
import json, logging, os, signal, sys
import numpy as np

def named(thing):
    return getattr(thing, "__qualname__", None) or (str(thing) if isinstance(thing, int) else type(thing).__qualname__)

state = {
    "numpy errors": np.geterr(),
    "signals": {str(s): named(signal.getsignal(s)) for s in sorted(signal.valid_signals())},
    "logging": [logging.root.level, [named(handler) for handler in logging.root.handlers]],
    "environment": dict(os.environ),
    "hooks": [named(sys.excepthook), named(sys.unraisablehook), sys.getrecursionlimit()],
}
if "jax" in sys.modules:
    state["jax"] = {key: repr(value) for key, value in sys.modules["jax"].config.values.items()}
if "torch" in sys.modules:
    torch = sys.modules["torch"]
    state["torch"] = [
        str(torch.get_default_dtype()), torch.is_grad_enabled(), torch.get_num_threads(),
        torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision(),
    ]
print(json.dumps(state))
"""


def test_a_plugin_changes_nothing_for_the_process(framework: str) -> None:
    bare = run(f"import {framework}\n{STATE}")
    chosen = run(f"import horn\nhorn.set_backend('{framework}')\n{STATE}")
    assert bare.keys() == chosen.keys()
    for aspect, value in bare.items():
        assert chosen[aspect] == value, aspect
