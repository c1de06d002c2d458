"""What a disagreement says: where, by how much, and a few lines to paste that show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import tree
from horn_conformance.plan import PLANS

if TYPE_CHECKING:
    from horn_conformance.compare import Mismatch
    from horn_conformance.trial import Trial

_SHOWN = 64
"""Operands with more elements are drawn anew by the reproducer."""


class Disagreement(AssertionError):
    """A backend does not mean what a page says.

    Args:
        op: The op, or ``"backend"``.
        check: Which check found it.
        what: One line.
        details: Further lines.
        trial: The draw, where there is one.
        output: Which result of it is wrong, gradients counted after the results; None if that is not known.
    """

    def __init__(
        self,
        op: str,
        check: str,
        what: str,
        details: str = "",
        trial: Trial | None = None,
        output: int | None = None,
    ) -> None:
        self.op, self.check, self.what, self.trial, self.output = op, check, what, trial, output
        super().__init__(f"{op} / {check}: {what}" + (f"\n{details}" if details else ""))


def disagreement(
    trial: Trial, check: str, what: Mismatch | str, backend: str, output: int | None = None
) -> Disagreement:
    """Return the failure of one draw, with a reproducer; gradients are counted after the results."""
    case, place = trial.case, ""
    if output is not None:
        count = len(trial.outputs())
        place = f"result {output}: " if output < count else f"gradient {output - count}: "
    shapes = ", ".join(map(str, trial.specs))
    given = f"  with {shapes or 'no operands'}, {_attributes(case.attrs) or 'no attributes'}, layout {trial.layout}"
    details = f"{given}\n{reproducer(trial, check, backend)}"
    return Disagreement(case.op, f"{check} / {trial.dtype}", f"{place}{what}", details, trial, output)


def reproducer(trial: Trial, check: str, backend: str) -> str:
    """Return Python lines that show what the check saw."""
    gradient = check in ("grad", "kink", "native") and trial.has_gradient
    n = len(trial.leaves)
    names = [f"x{i}" for i in range(n)]
    call = _call(trial, names)
    lines = [
        "import numpy as np, horn",
        "from horn_conformance import PLANS, draw",
        f"horn.set_backend({backend!r})",
    ]
    lines += [f"{name} = {_leaf(trial, i)}" for i, name in enumerate(names)]
    if gradient:
        draws = trial.cotangent_draws
        given = [f"draw({recipe!r}, {seed}, {spec.shape}, {spec.dtype!r})" for recipe, seed, spec in draws]
        watched = ", ".join(names[i] for i in trial.floats)
        lines.append("from horn.spec.boxes import pullback")
        lines.append(f"value, back = pullback(lambda {watched}: {call}, {watched})")
        lines.append(f"print(back([{', '.join(given)}]))")
    else:
        lines.append(f"print({call})")
    return "  paste me:\n" + "\n".join(f"    {line}" for line in lines)


def _call(trial: Trial, names: list[str]) -> str:
    rest = iter(names)
    flat = [None if leaf is None else next(rest) for leaf in tree.flatten(trial.operands)]
    operands = tree.unflatten(trial.operands, flat)
    shown = [f"[{', '.join(x)}]" if isinstance(x, list) else str(x) for x in operands]
    case = trial.case
    if case.call is not None:
        cases = PLANS[case.op].cases
        place = f"cases[{cases.index(case)}]" if case in cases else "special[0]"
        return f"PLANS[{case.op!r}].{place}.run({', '.join(shown)})"
    return f"horn.ops.{case.op}({', '.join(filter(None, [*shown, _attributes(case.attrs)]))})"


def _attributes(attrs: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in attrs.items())


def _leaf(trial: Trial, i: int) -> str:
    array = trial.leaves[i]
    source = trial.sources[i]
    if array.size > _SHOWN and source is not None:
        return f"draw({source[0]!r}, {source[1]}, {array.shape}, {array.dtype.name!r})"
    values = repr(array.astype(np.float64).tolist() if array.dtype.kind not in "iub" else array.tolist())
    for name in ("nan", "inf"):
        values = values.replace(name, f"np.{name}")
    return f"np.array({values}, {array.dtype.name!r})"
