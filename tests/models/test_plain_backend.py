"""A backend from outside: the distribution in tests/plain-backend knows only the contract and the pages.

It runs in processes of its own, since its tensors are those of horn-torch, and is compared with NumPy.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from horn import registry
from horn.spec import ops

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "tests" / "plain-backend" / "horn_plain"
LINES = 500
STEPS = 20
PLUGINS = ("horn_torch", "horn_jax", "horn_tf")
ALLOWED = {
    "__future__", "itertools", "math", "numpy", "torch", "horn_plain",
    "horn.contract", "horn.dtypes", "horn.errors", "horn.registry", "horn.spec.random",
    "horn.spec.windows",
}  # fmt: skip

LOADED = """
import json, sys
from horn import registry
backend = registry.load("plain")
print(json.dumps({
    "modules": sorted(sys.modules),
    "file": sys.modules[type(backend).__module__].__file__,
    "kernels": sorted(backend.kernels),
    "beyond": sorted(backend.in_place_kernels) + sorted(backend.residual_kernels),
    "defaults": [backend.compile, backend.value_and_grad],
}))
"""

CURVE = """
import importlib.util, json, sys
import numpy as np
import horn as keras
backend, path, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
spec = importlib.util.spec_from_file_location("example", path)
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
keras.utils.set_random_seed(0)
model, data = script.build(backend=backend), script.data()
x, y = data[0] if isinstance(data[0], tuple) else data
order = np.random.default_rng(0).permutation(len(x))[: 32 * steps].reshape(steps, 32)
losses = [float(model.train_on_batch(x[rows], y[rows])[0]) for rows in order]
print(json.dumps({"losses": losses, "backend": model.backend.name, "modules": sorted(sys.modules)}))
"""


@pytest.fixture(autouse=True)
def wanted(backend: str) -> None:
    """Skip where another backend is under test, or this one is not there."""
    if backend != "numpy":
        pytest.skip("compared with NumPy, in the run that tests NumPy")
    if importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    if "plain" not in registry.installed():
        pytest.skip("tests/plain-backend is not installed")


def run(code: str, *arguments: str) -> Any:
    """Run code in a fresh interpreter and return what it prints, read as JSON."""
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=dict(os.environ), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    return json.loads(ran.stdout.strip().splitlines()[-1])


def strangers(modules: list[str]) -> list[str]:
    """Return the modules of other backends among `modules`."""
    return [name for name in modules if name.startswith(("horn.numpy_backend", *PLUGINS))]


def imported(file: Path) -> set[str]:
    """Return the modules that a file imports from; of the front door, the module behind it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            inner = node.module == "horn"
            found |= {f"horn.{alias.name}" for alias in node.names} if inner else {str(node.module)}
    return {name.split(".")[0] if name.startswith("horn_plain") else name for name in found}


def test_it_is_short() -> None:
    files = sorted(PACKAGE.rglob("*.py"))
    assert files
    assert sum(len(file.read_text(encoding="utf-8").splitlines()) for file in files) < LINES


def test_it_imports_what_a_plugin_may() -> None:
    assert imported(PACKAGE / "kernels.py") | imported(PACKAGE / "backend.py") <= ALLOWED
    assert "numpy" not in imported(PACKAGE / "kernels.py")


def test_its_entry_point_finds_it_and_it_is_whole() -> None:
    found = run(LOADED)
    assert Path(found["file"]).resolve().parent == PACKAGE.resolve()
    assert strangers(found["modules"]) == []
    # One kernel for each primitive; the gradient, plans and composites are the defaults.
    assert found["kernels"] == sorted(name for name in ops if not ops[name].is_composite)
    assert found["beyond"] == []
    assert found["defaults"] == [None, None]


@pytest.mark.parametrize("name", ["digits", "sequences"])
def test_it_trains_along_the_same_curve(name: str) -> None:
    path = str(ROOT / "examples" / f"{name}.py")
    want, got = (run(CURVE, backend, path, str(STEPS)) for backend in ("numpy", "plain"))
    assert got["backend"] == "plain"
    # Initial values are drawn on the host by the core, so NumPy's backend is there, and no other.
    assert [name for name in got["modules"] if name.startswith(PLUGINS)] == []
    assert len(set(got["losses"])) == STEPS
    np.testing.assert_allclose(got["losses"], want["losses"], rtol=1e-4)
