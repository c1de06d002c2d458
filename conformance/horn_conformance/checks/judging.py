"""How every check turns the results of a backend into agreement or disagreement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn_conformance.compare import compare
from horn_conformance.failure import disagreement

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from horn_conformance.suite import Suite
    from horn_conformance.trial import Trial


def judge(suite: Suite, trial: Trial, check: str, kind: str, results: Sequence[Any]) -> None:
    """Raise `Disagreement` unless every result is what the reference expects.

    Args:
        suite: The run.
        trial: The draw.
        check: Which check asks.
        kind: ``"forward"`` or ``"joint"``: what the results are the outputs of.
        results: Tensors of the backend.
    """
    want, bounds = suite.expect(trial, kind)
    specs = [out.spec for out in trial.graph(kind)[0].outputs]
    if len(results) != len(want):
        raise disagreement(trial, check, f"{len(results)} results, want {len(want)}", suite.backend.name)
    for i, result in enumerate(results):
        if not isinstance(result, suite.backend.tensor_types):
            text = f"a {type(result).__name__} came back, no tensor of the backend"
            raise disagreement(trial, check, text, suite.backend.name, i)
        got = np.asarray(suite.backend.to_numpy(result))
        mismatch = compare(got, want[i], bounds[i], specs[i].dtype)
        if mismatch is not None:
            raise disagreement(trial, check, mismatch, suite.backend.name, i)


def attempt(suite: Suite, trial: Trial, check: str, call: Callable[[], Any]) -> Any:
    """Return what `call` returns; anything that it raises is a disagreement."""
    try:
        with suite.active():
            return call()
    except Exception as error:
        first = str(error).splitlines()[0] if str(error) else ""
        raise disagreement(
            trial, check, f"raised {type(error).__name__}: {first}", suite.backend.name
        ) from error
