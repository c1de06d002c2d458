"""A line of kernel calls written out as one Python function.

In the loop of `Program.walk` one place in the bytecode calls every kernel. Written out, each call
has a place of its own, which the interpreter fits to what it calls, and temporaries are locals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence


def straight(
    code: Iterable[Sequence[Any]], inputs: int, initial: Sequence[Any], wanted: Iterable[int]
) -> Callable[..., list[Any]]:
    """Return a function of the inputs that runs instructions and returns the contents of some slots.

    Args:
        code: For each instruction its function, the slots that it reads, with -1 for an absent
            operand, the slot or slots that it fills, and those that are dead after it.
        inputs: How many slots, from the first, hold the inputs.
        initial: What each slot holds beforehand: a constant, or None.
        wanted: The slots whose contents are returned.
    """
    names = {f"s{i}": value for i, value in enumerate(initial) if value is not None}
    lines = [f"def run({_listed(range(inputs))}):"]
    for number, (function, ins, outs, dead) in enumerate(code):
        names[f"f{number}"] = function
        filled = _listed(outs if isinstance(outs, tuple) else (outs,), "," if isinstance(outs, tuple) else "")
        lines.append(f" {filled} = f{number}({_listed(ins)})" if filled else f" f{number}({_listed(ins)})")
        lines += [f" s{slot} = None" for slot in dead]
    lines.append(f" return [{_listed(wanted)}]")
    exec(compile("\n".join(lines), "<a plan>", "exec"), names)
    return names["run"]


def _listed(slots: Iterable[int], end: str = "") -> str:
    names = ["None" if slot < 0 else f"s{slot}" for slot in slots]
    return ", ".join(names) + end if names else ""
