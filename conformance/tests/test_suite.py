"""The suite as a whole: the plugin, the command, the report, and a few mutants."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from horn_conformance.checks import Item
from horn_conformance.conform import main
from horn_conformance.mutants import MUTANTS
from horn_conformance.mutants.run import examine, verdict
from horn_conformance.report import parts, roots
from horn_conformance.values import draw

import horn  # noqa: F401  (the front door puts the registry in its place)
from horn.engine import reference
from horn.numpy_backend import NumPyBackend

pytest_plugins = ["pytester"]
_INSTALLED = list(entry_points(group="pytest11", name="horn_conformance"))
WALK = [
    *([] if _INSTALLED else ["-p", "horn_conformance.plugin"]),
    "--pyargs",
    "horn_conformance",
    "--horn-profile",
    "smoke",
]


@pytest.fixture(autouse=True)
def path(monkeypatch) -> None:
    """Let child processes find the package where it is not installed."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))


def test_the_command_reports_agreement(capsys) -> None:
    assert main(["numpy", "--profile", "smoke", "--op", "softmax", "--op", "add"]) == 0
    text = capsys.readouterr().out
    assert "\nCONFORMANT" in text
    assert "elementwise" in text


def test_the_command_says_what_does_not_load(capsys) -> None:
    assert main(["no_such_backend"]) == 3
    assert "no_such_backend" in capsys.readouterr().err


def test_the_walk_by_pytest(pytester) -> None:
    result = pytester.runpytest_subprocess(*WALK, "--horn-backend", "numpy", "--horn-op", "relu")
    assert result.ret == 0
    assert result.parseoutcomes()["passed"] > 8


def test_the_walk_without_a_backend_asks_for_none(pytester) -> None:
    result = pytester.runpytest_subprocess(*WALK)
    assert result.ret == 0
    assert result.parseoutcomes() == {"skipped": 1}


def test_a_failure_says_where_and_how_to_see_it(pytester) -> None:
    pytester.makepyfile(
        broken="""
        import numpy as np
        from horn.numpy_backend import NumPyBackend

        class Broken(NumPyBackend):
            name = "broken"

            def __init__(self):
                super().__init__()
                self.kernels["exp"] = lambda x: np.exp(x) * np.asarray(1.001, x.dtype)
        """
    )
    result = pytester.runpytest_subprocess(*WALK, "--horn-backend", "broken:Broken", "--horn-op", "exp")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "*exp / value / float32: result 0: y[[]*got *, want *, |error| *, allowed *wrong*",
            "*horn.set_backend('broken')",
            "*print(horn.ops.exp(x0))",
        ]
    )


def test_the_plugin_is_inert_without_its_options() -> None:
    heavy = "('horn', 'numpy', 'hypothesis')"
    code = f"import sys, horn_conformance.plugin; print([m for m in sys.modules if m.split('.')[0] in {heavy}])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_composites_are_made_of_their_parts() -> None:
    fused = NumPyBackend()
    fused.kernels = {**reference.backend.kernels, "softmax": None}
    assert {"exp", "sum", "divide"} <= parts("softmax", reference.backend)
    assert "exp" not in parts("softmax", fused)
    assert parts("exp", reference.backend) == {"multiply"}


def test_a_failing_part_explains_the_whole() -> None:
    failures = {Item("sum", "value"): "", Item("mean", "value"): "", Item("tanh", "value"): ""}
    assert roots(failures, reference.backend) == {"sum": ["mean"], "tanh": []}


@pytest.mark.parametrize("name", ["M001", "M053", "M121", "M135", "M206", "M220", "N04", "N17"])
def test_a_few_mutants(name) -> None:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    assert verdict(mutant, examine(mutant, {})) in ("killed", "passed")


def test_there_are_enough_mutants_with_names_of_their_own() -> None:
    names = [mutant.name for mutant in MUTANTS]
    assert len(names) == len(set(names))
    assert len([mutant for mutant in MUTANTS if not mutant.is_benign]) >= 40


def test_a_recipe_keeps_its_meaning() -> None:
    assert draw("ints", 7, (4,), "float32").tolist() == draw("ints", 7, (4,), "float32").tolist()
    assert set(draw("label:3", 0, (99,), "int32").tolist()) == {0, 1, 2}
    assert draw("beyond:2", 0, (99,), "int32").max() > 1
