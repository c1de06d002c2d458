"""Saving and loading the weights of a model, in the ``.weights.h5`` files of Keras 3.

A file is written beside the old one and takes its place when it is whole. It is checked as a
whole before the first weight of the model changes.
"""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import dtypes
from horn.api.saving import safe_h5
from horn.api.saving.layout import Layout, all_variables
from horn.api.saving.replacing import replacing
from horn.api.saving.slots import Slots
from horn.errors import ArgumentError, SavedModelError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from horn.api.saving.layout import Group
    from horn.api.saving.safe_h5 import Reader, Stored
    from horn.spec.tensorspec import TensorSpec
    from horn.state.variable import Variable

_log = logging.getLogger("horn")
_ENDING = ".weights.h5"
_SHOWN = 3
Staged = list[tuple["Variable", np.ndarray]]


def save_weights(model: Any, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write the weights of a model, and the state of its optimizer; see `Model.save_weights`."""
    path = _path(filepath, "save_weights")
    _need_built(model, "save_weights")
    if not overwrite and path.exists():
        raise ArgumentError(
            f"save_weights found the file {str(path)!r} and was told to keep it.",
            expected="a path where there is no file, or overwrite=True",
            got="overwrite=False",
            remedy="choose another name, or pass overwrite=True",
        )
    layout = Layout(model)
    order = all_variables(model)
    parts = [(group.path, group.name, group.variables) for group in layout.groups]
    parts += [(at, one.optimizer.name, one.present()) for at, one, _ in _slots(layout, model, order)]
    _need_storable(path, (variable for _, _, variables in parts for variable in variables))
    try:
        with replacing(path) as target:
            safe_h5.write(target, ((at, name, (v.shown() for v in held)) for at, name, held in parts))
    except OSError as error:
        raise SavedModelError(
            f"The weights could not be written to {str(path)!r}.",
            expected="a folder with room in it, where this process may write",
            got=f"{type(error).__name__}: {error}",
            remedy="make room, or choose another folder; a file that was there is unchanged",
        ) from error


def load_weights(model: Any, filepath: str | os.PathLike[str], *, allow_nonfinite: bool = False) -> None:
    """Read the weights of a model, and the state of its optimizer; see `Model.load_weights`."""
    path = _path(filepath, "load_weights")
    _need_built(model, "load_weights")
    layout = Layout(model)
    wanted = {f"{g.path}/{i}": variable for g in layout.groups for i, variable in enumerate(g.variables)}
    with safe_h5.reading(path, limit=1000 + 10 * len(layout.groups) + 20 * len(wanted)) as file:
        _check_members(model, file, wanted)
        _check_names(file, layout.groups)
        for member, variable in wanted.items():
            _check_form(file, file.stored[member], variable)
        arrays = file.read(list(wanted), finite=not allow_nonfinite)
        staged = list(zip(wanted.values(), arrays, strict=True))
        order = all_variables(model)
        # What an optimizer around others has in a file includes what they have, which is there again.
        slots = [(at, one) for at, one, is_within in _slots(layout, model, order) if not is_within]
        states = [(one, state) for at, one in slots if (state := _read_slots(file, at, one)) is not None]
    for one, state in states:
        staged += zip(one.variables() if len(state) == len(one.specs) else one.present(), state, strict=True)
    _commit(staged)


# -- what is asked for -------------------------------------------------------------------------------


def _path(filepath: Any, method: str) -> Path:
    path = filepath if isinstance(filepath, str | os.PathLike) else ""
    if not os.fspath(path).endswith(_ENDING):
        raise ArgumentError(
            f"{method} was given a path that does not say its format.",
            expected=f"a path that ends in {_ENDING!r}, the only format of weights",
            got=repr(filepath),
            remedy=f"write {method}('model{_ENDING}')",
        )
    return Path(path)


def _need_built(model: Any, method: str) -> None:
    if not model.built:
        raise ArgumentError(
            f"{method} was called on the model {model.name!r}, which has no weights yet.",
            expected="a model that knows the shape of its inputs",
            got="a model that is not built",
            remedy="call the model on a batch first, or begin it with Input(shape=...)",
        )


def _need_storable(path: Path, variables: Iterable[Variable]) -> None:
    for variable in variables:
        if not safe_h5.storable(variable.dtype):
            raise SavedModelError(
                f"The weight {variable.path!r} cannot be written to {str(path)!r}.",
                expected="a dtype that HDF5 has, such as float32 or float16",
                got=variable.dtype,
                remedy="make the layer with dtype='float32', or copy the weights to such a model",
            )


# -- what the file holds -----------------------------------------------------------------------------


def _check_members(model: Any, file: Reader, wanted: dict[str, Variable]) -> None:
    """Refuse a file that holds other weights than the model has, by their places."""
    missing = [member for member in wanted if member not in file.stored]
    extra = [member for member in file.stored if member not in wanted and not _of_optimizer(member)]
    if missing or extra:
        got = [f"{len(file.stored)} data sets"]
        got += [f"without {_some(missing)}"] * bool(missing) + [f"with {_some(extra)} besides"] * bool(extra)
        raise safe_h5.refusal(
            file.path,
            "",
            f"the {len(wanted)} weights of the model {model.name!r}",
            ", ".join(got),
            "load it into a model of the same layers in the same order; if a layer of this one has no weights yet, "
            "call the model on a batch first",
        )


def _of_optimizer(member: str) -> bool:
    """Return whether a member is an optimizer's: its attribute is called so in a model with several too."""
    return re.search(r"optimizer/(optimizers/\w+/)?vars/\d+$", member) is not None


def _some(members: Sequence[str]) -> str:
    shown = ", ".join(repr(member[:100]) for member in members[:_SHOWN])
    return shown if len(members) <= _SHOWN else f"{shown} and {len(members) - _SHOWN} more"


def _check_names(file: Reader, groups: Sequence[Group]) -> None:
    """Refuse a file in which layers that somebody named have changed places.

    Places decide and names may differ, but a name that the model has elsewhere is a mistake. Names
    that layers get by themselves count the layers of a process and say nothing.
    """
    places = {group.name: group.path for group in groups if group.named_by_hand(group.name)}
    for group in groups:
        name = file.names.get(group.path, group.name)
        if (
            name != group.name
            and group.named_by_hand(group.name)
            and places.get(name, group.path) != group.path
        ):
            raise safe_h5.refusal(
                file.path,
                group.path,
                f"the weights of layer {group.name!r}",
                f"those of layer {name!r}, which the model has at {places[name]!r}",
                "order the layers as in the model that was saved, or rename them",
            )


def _check_form(file: Reader, stored: Stored, variable: Variable) -> None:
    if stored.shape != variable.shape or not _fits(stored.dtype, variable.dtype):
        raise safe_h5.refusal(
            file.path,
            stored.member,
            f"shape {variable.shape}, {variable.dtype} for the weight {variable.path!r}",
            f"shape {str(stored.shape)[:100]}, {stored.dtype}",
            "load it into a model of the same sizes and dtypes",
        )


def _fits(stored: np.dtype, wanted: str) -> bool:
    """Return whether every value of one dtype is one of the other, and both are of one kind."""
    if wanted == "bfloat16":
        return False
    kind = dtypes.numpy_dtype(wanted)
    return stored.kind == kind.kind and np.can_cast(stored, kind, "safe")


# -- the optimizer -----------------------------------------------------------------------------------


def _slots(layout: Layout, model: Any, order: Sequence[Variable]) -> list[tuple[str, Slots, bool]]:
    """Return the path in a file of each optimizer, its slots, and whether it is within another one."""
    known: dict[int, Slots] = {}
    found: list[tuple[str, Slots, bool]] = []
    for path, optimizer in layout.optimizers:
        is_within = id(optimizer) in known
        if not is_within:
            every = Slots(optimizer, model.trainable_variables, order).every()
            known |= {id(one.optimizer): one for one in every}
        found.append((path, known[id(optimizer)], is_within))
    return found


def _read_slots(file: Reader, path: str, slots: Slots) -> list[np.ndarray] | None:
    """Return the state of an optimizer, or None where the file has none that fits it.

    Weights are often loaded in order to train them in another way, so this is no error.
    """
    held = [member for member in file.stored if member.startswith(f"{path}/")]
    if not held:
        return None
    fresh = len(held) == len(slots.present()) and not slots.built  # saved before the first step
    specs = [variable.spec for variable in slots.present()] if fresh else slots.specs
    numbered = [f"{path}/{i}" for i in range(len(held))]
    if set(held) != set(numbered):
        raise safe_h5.refusal(file.path, path, f"members 0 to {len(held) - 1}", _some(held), safe_h5.DAMAGED)
    if len(held) == len(specs) and all(
        _alike(file.stored[m], s) for m, s in zip(numbered, specs, strict=True)
    ):
        arrays = file.read(numbered)
        cast = [a.astype(dtypes.numpy_dtype(spec.dtype)) for a, spec in zip(arrays, specs, strict=True)]
        # The counter has 64 bits with some backends of Keras: its value decides, not its width.
        if all(np.array_equal(a, b) for a, b in zip(arrays, cast, strict=True)):
            return cast
    _log.warning(
        "The state of the optimizer in %s is not that of %r and was left out: training starts it anew.",
        file.path, slots.optimizer,
    )  # fmt: skip
    return None


def _alike(stored: Stored, spec: TensorSpec) -> bool:
    return stored.shape == spec.shape and stored.dtype.kind == dtypes.numpy_dtype(spec.dtype).kind


# -- all or nothing ----------------------------------------------------------------------------------


def _commit(staged: Staged) -> None:
    """Store every value, or none.

    All that takes memory is done first. What is left copies within memory that is there; if it is
    interrupted, it is finished before the interrupt goes on.
    """
    ready = [(variable, variable.prepared(_cast(array, variable.dtype))) for variable, array in staged]
    try:
        for variable, value in ready:
            variable.put(value)
    except BaseException:
        for variable, value in ready:
            variable.put(value)
        raise


def _cast(array: np.ndarray, dtype: str) -> np.ndarray:
    return array.astype(dtypes.numpy_dtype(dtype), copy=False)
