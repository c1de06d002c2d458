"""The suite as a whole: the plugin, the command, the report, and a few mutants."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest
from horn_conformance.causes import parts, roots
from horn_conformance.checks import Item
from horn_conformance.conform import main
from horn_conformance.failure import Disagreement
from horn_conformance.mutants import MUTANTS
from horn_conformance.mutants.run import examine, verdict
from horn_conformance.plan import PLANS
from horn_conformance.trial import Trial
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


def test_the_command_reports_a_kernel_that_is_not_written_yet(pytester) -> None:
    pytester.makepyfile(
        unfinished="""
        from horn.numpy_backend import NumPyBackend

        class Unfinished(NumPyBackend):
            name = "unfinished"

            def __init__(self):
                super().__init__(is_silent=False)
                for name in ("tanh", "transpose"):
                    del self.kernels[name]
        """
    )
    command = [
        sys.executable,
        "-m",
        "horn_conformance.conform",
        "unfinished:Unfinished",
        "--profile",
        "smoke",
    ]
    result = pytester.run(*command)
    assert result.ret == 1
    causes = [line.split()[3] for line in result.outlines if line.startswith("root cause")]
    assert causes == ["backend,", "tanh,", "transpose,"]


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
    code = (
        f"import sys, horn_conformance.plugin; print([m for m in sys.modules if m.split('.')[0] in {heavy}])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_composites_are_made_of_their_parts() -> None:
    fused = NumPyBackend()
    fused.kernels = {**reference.backend.kernels, "softmax": None}
    assert {"exp", "sum", "divide"} <= parts("softmax", reference.backend)
    assert "exp" not in parts("softmax", fused)
    assert parts("exp", reference.backend) == {"multiply"}


def blamed(*failing: tuple[str, str, int | None], backend=reference.backend) -> dict[str, list[str]]:
    """Return the causes of failures, each of the first case of an op, in a check, in one of its outputs."""
    failures = {}
    for op, check, output in failing:
        trial = Trial(PLANS[op].cases[0], "float32")
        failures[Item(op, check)] = Disagreement(op, check, "wrong", trial=trial, output=output)
    return roots(failures, backend)


def test_a_failing_part_explains_the_whole() -> None:
    assert blamed(("sum", "value", 0), ("mean", "value", 0), ("tanh", "value", 0)) == {
        "sum": ["mean"],
        "tanh": [],
    }


def test_an_op_is_blamed_for_what_its_parts_do_not_explain() -> None:
    # The variance of `moments` is made of more than the mean, its first result, is.
    assert blamed(("subtract", "value", 0), ("moments", "value", 1)) == {"subtract": ["moments"]}
    assert blamed(("subtract", "value", 0), ("moments", "value", 0)) == {"subtract": [], "moments": []}


@pytest.mark.parametrize("check", ["shape", "grad", "planned", "compiled"])
def test_a_gradient_is_explained_by_what_it_is_made_of(check) -> None:
    of, by = "convolution", "convolution_kernel_grad"
    assert blamed((by, "value", 0), (of, check, 2)) == {by: [of]}
    assert blamed((of, "value", 0), (by, check, 2)) == {of: [by]}
    assert blamed((by, "value", 0), (of, check, 0)) == {by: [], of: []}  # a result, not a gradient


def test_a_wrong_gradient_explains_no_result() -> None:
    pair = ("max_pooling_grad", "planned", 0), ("max_pooling", "planned", 1)
    assert blamed(*pair) == {"max_pooling_grad": ["max_pooling"]}


def test_a_wrong_gradient_explains_the_gradient_of_what_is_made_of_the_op() -> None:
    assert blamed(("sum", "native", 1), ("mean", "native", 1)) == {"sum": ["mean"]}


def test_what_is_wrong_when_compiled_explains_nothing_elsewhere() -> None:
    assert blamed(("sum", "compiled", 0), ("mean", "compiled", 0)) == {"sum": ["mean"]}
    assert blamed(("sum", "compiled", 0), ("mean", "value", 0)) == {"sum": [], "mean": []}


def test_what_a_check_calls_explains_it() -> None:
    assert blamed(("sum", "value", 0), ("exp", "native", 1)) == {"sum": ["exp"]}
    fused = NumPyBackend()
    fused.kernels = {**fused.kernels, "mean": fused.kernels["sum"]}
    assert blamed(("sum", "value", 0), ("mean", "value", 0), backend=fused) == {"sum": [], "mean": []}
    assert blamed(("sum", "value", 0), ("mean", "fused", 0), backend=fused) == {"sum": ["mean"]}


def test_ops_that_explain_one_another_are_all_blamed() -> None:
    # The gradient that a framework gives is checked with the help of all three.
    circle = [(op, "native", 1) for op in ("add", "multiply", "sum")]
    assert blamed(*circle, ("exp", "native", 1)) == {"add": ["exp"], "multiply": ["exp"], "sum": ["exp"]}


def test_a_missing_kernel_explains_too() -> None:
    bare = reference.Reference()
    del bare.kernels["sum"]
    assert blamed(("sum", "value", None), ("mean", "value", None), backend=bare) == {"sum": ["mean"]}


_MUTANTS = (
    *("M001", "M053", "M121", "M135", "M206", "M220", "N04", "N17"),
    # Each is echoed by an op that is made of the defective one, in a way of its own.
    *("M005", "M033", "M055", "M071", "M129", "M133", "M139", "M154", "M203", "M210", "M213"),
)


@pytest.mark.parametrize("name", _MUTANTS)
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
