"""The checks, and which of them an op is given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from horn.spec import ops
from horn_conformance import plans, window_oracles  # noqa: F401  (register plans and oracles)
from horn_conformance.checks import contract, gradients, laws, modes, pages, values
from horn_conformance.failure import Disagreement
from horn_conformance.plan import PLANS

if TYPE_CHECKING:
    from horn.spec.op import Op
    from horn_conformance.plan import Plan
    from horn_conformance.suite import Suite

ON_BACKEND = {
    "members": contract.members,
    "conversion": contract.conversion,
    "storage": contract.storage,
    "capabilities": contract.capabilities,
    "random": contract.random,
    "promotion": laws.promotion,
    "steps": contract.steps,
}
ON_OP = {
    "value": values.value,
    "special": values.special,
    "state": values.state,
    "shape": laws.shape,
    "dtype": laws.result_dtype,
    "error": laws.error,
    "grad": gradients.grad,
    "kink": gradients.kink,
    "native": gradients.native,
    "planned": modes.planned,
    "compiled": modes.compiled,
    "fused": modes.fused,
    "in_place": modes.in_place,
    "into": modes.into,
}
ON_PAGE = {"oracle": pages.oracle, "differences": pages.differences, "settled": gradients.settled_by_page}
_PER_FLOAT = ("value", "grad")


class Item(NamedTuple):
    """One thing to check.

    Attributes:
        op: The op, or ``"backend"``.
        check: The name of the check.
        dtype: The dtype under test, or an empty string.
    """

    op: str
    check: str
    dtype: str = ""

    def __str__(self) -> str:
        return "-".join(filter(None, self))


def items(suite: Suite, *, pages_too: bool = False, only: Any = None) -> list[Item]:
    """Return everything that a run checks.

    Args:
        suite: The run.
        pages_too: Whether the pages themselves are checked as well.
        only: A container of the names of ops; None for all, empty for the backend itself.
    """
    found = [Item("backend", check) for check in ON_BACKEND if not only]
    for name in ops:
        if only is None or name in only:
            found += _items_of(suite, name, pages_too)
    return found


def _items_of(suite: Suite, name: str, pages_too: bool) -> list[Item]:  # noqa: FBT001
    plan = PLANS.get(name)
    if plan is None:
        return [Item(name, "planless")]
    main = "int32" if plan.takes == "integer" else "float32"
    absent = {
        "special": not plan.special,
        "error": not plan.faults,
        "kink": not plan.kinks,
        "grad": plan.takes in ("none", "integer"),
        "native": suite.backend.value_and_grad is None or not _has_native_gradient(ops[name], plan),
        "fused": not ops[name].is_composite or not _has_own_kernel(suite.backend, name),
        "in_place": name not in suite.backend.in_place_kernels,
        "into": name not in suite.backend.into_kernels,
    }
    found = []
    for check in ON_OP:
        if absent.get(check, False):
            continue
        found.append(Item(name, check, main))
        if check in _PER_FLOAT:
            lawful = laws.operand_dtypes(suite, plan)
            found += [Item(name, check, dtype) for dtype in suite.profile.floats if dtype in lawful]
    if pages_too:
        found += [Item(name, "oracle")] * pages.is_primitive(plan)
        found += (
            [Item(name, "differences"), Item(name, "settled")]
            if plan.takes not in ("none", "integer")
            else []
        )
    return found


def _has_native_gradient(op: Op, plan: Plan) -> bool:
    """Return whether a framework has to differentiate an op: no gradient once more, no update."""
    return plan.takes not in ("none", "integer") and not op.donates and op.gradient_of is None


def run(suite: Suite, item: Item) -> None:
    """Run one item; raises `Disagreement` where the backend, or a page, is wrong."""
    if item.check == "planless":
        raise Disagreement(item.op, "plan", "the op has no plan; add one to horn_conformance/plans")
    if item.op == "backend":
        _run_contract(suite, item)
    elif item.check in ON_PAGE:
        ON_PAGE[item.check](PLANS[item.op])
    else:
        ON_OP[item.check](suite, PLANS[item.op], item.dtype)


def _run_contract(suite: Suite, item: Item) -> None:
    """Run a check of the contract; a backend that raises in it, say for want of a kernel, breaks it."""
    try:
        ON_BACKEND[item.check](suite)
    except Disagreement:
        raise
    except Exception as error:
        first = str(error).partition("\n")[0]
        raise Disagreement("backend", item.check, f"raised {type(error).__name__}: {first}") from error


def _has_own_kernel(backend: Any, name: str) -> bool:
    """Return whether a backend has a kernel that is more than the page of the op."""
    kernel = backend.kernels.get(name)
    return kernel is not None and not getattr(kernel, "is_page", False)
