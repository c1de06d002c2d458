"""Finds and loads backends: which are installed, and the one that is asked for.

A backend is a package that declares an entry point in the group ``horn.backends`` and implements
one hook, `horn_backend`. Only the one that is asked for is imported: importing TensorFlow in
order to use JAX costs seconds and hundreds of megabytes, and may fail.
"""

from __future__ import annotations

import json
import os
import tomllib
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import pluggy

from horn import contract
from horn.errors import BackendError, suggestion

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from horn.contract import Backend

GROUP = "horn.backends"
ALIASES = {"tf": "tensorflow"}
hookspec = pluggy.HookspecMarker("horn")
hookimpl = pluggy.HookimplMarker("horn")


class Hooks:
    """What a backend package may implement."""

    @hookspec
    def horn_backend(self, name: str) -> Backend | None:  # type: ignore[empty-body]
        """Return the backend called `name`, or None if it is not yours."""


_loaded: dict[str, Backend] = {}
_lock = RLock()


@cache
def manager() -> pluggy.PluginManager:
    """Return the one plugin manager."""
    plugins = pluggy.PluginManager("horn")
    plugins.add_hookspecs(Hooks)
    return plugins


def _points() -> dict[str, list[EntryPoint]]:
    """Return the entry points by name; two distributions may claim one."""
    found: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        if all(point.value != known.value for known in found.get(point.name, [])):
            found.setdefault(point.name, []).append(point)
    return found


def installed() -> list[str]:
    """Return the names of the backends that can be asked for, without importing any.

    Example:
        >>> "numpy" in installed()
        True
    """
    return sorted({"numpy", *_points(), *_loaded})


def load(name: str | None = None) -> Backend:
    """Return the backend called `name`, importing its package on first use.

    Args:
        name: ``"numpy"``, or the name that a plugin declares; None for the default.

    Raises:
        BackendError: The name is unknown or claimed twice, or its package does not load.
    """
    wanted = default_name()[0] if name is None else name
    wanted = ALIASES.get(wanted, wanted) if isinstance(wanted, str) else wanted
    with _lock:
        if wanted not in _loaded:
            backend = _built_in() if wanted == "numpy" else _from_plugin(wanted)
            _loaded[wanted] = backend
            contract.register_types(backend)
        return _loaded[wanted]


def register(backend: Backend) -> None:
    """Make a backend known by hand, without a distribution: for tests and notebooks."""
    _check(backend, backend.name, f"the object {backend!r}")
    with _lock:
        _loaded[backend.name] = backend
        contract.register_types(backend)


def _built_in() -> Backend:
    from horn.numpy_backend import NumPyBackend  # noqa: PLC0415  (only once it is asked for)

    return NumPyBackend()


def _from_plugin(name: Any) -> Backend:
    points = _points().get(name, [])
    if not points:
        known = installed()
        near = suggestion(name, known)
        raise BackendError(
            f"There is no backend named {name!r}.",
            expected=f"one of {', '.join(known)}",
            got=repr(name),
            remedy=near if near.startswith("did") else f"install a package that brings it, such as horn-{name}",
        )
    if len(points) > 1:
        owners = " and ".join(sorted(_owner(point) for point in points))
        raise BackendError(
            f"Two installed distributions claim the backend {name!r}.",
            expected="one distribution for each name",
            got=owners,
            remedy="uninstall one of them; the other backends are not affected",
        )
    return _from_point(name, points[0])


def _from_point(name: str, point: EntryPoint) -> Backend:
    plugins, owner = manager(), _owner(point)
    try:
        plugin = point.load()
    except Exception as error:
        raise BackendError(
            f"The backend {name!r} does not import.",
            expected=f"the distribution {owner} to import without an error",
            got=f"{type(error).__name__}: {error}",
            remedy=f"reinstall {owner}, or choose another backend; the others are not affected",
        ) from error
    if not plugins.is_registered(plugin):
        plugins.register(plugin, name=f"{owner}:{name}")
    answers = plugins.subset_hook_caller(
        "horn_backend", [other for other in plugins.get_plugins() if other is not plugin]
    )(name=name)
    if not answers:
        raise BackendError(
            f"The distribution {owner} brings no backend {name!r}.",
            expected="its hook `horn_backend` to return a Backend for that name",
            got="None",
            remedy=f"tell the authors of {owner}",
        )
    _check(answers[0], name, owner)
    return answers[0]


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist is not None else point.value


def _check(backend: Any, name: str, owner: str) -> None:
    version = getattr(backend, "spec_version", None)
    if not isinstance(backend, contract.Backend) or backend.name != name or version != contract.SPEC_VERSION:
        got = getattr(backend, "name", type(backend).__name__)
        raise BackendError(
            f"The backend {name!r} does not fit this version of Horn.",
            expected=f"a horn.contract.Backend named {name!r} for spec version {contract.SPEC_VERSION}",
            got=f"{got!r} for spec version {version} from {owner}",
            remedy=f"install a release of {owner} that is made for this Horn",
        )


# -- the default -----------------------------------------------------------------------------


def default_name() -> tuple[str, str]:
    """Return the name of the backend that nobody chose in code, and where it was read."""
    for variable in ("HORN_BACKEND", "KERAS_BACKEND"):
        if os.environ.get(variable):
            return os.environ[variable], f"the environment variable {variable}"
    for path, read in ((Path("pyproject.toml"), _from_toml), (Path.home() / ".horn" / "horn.json", _from_json)):
        chosen = read(path) if path.is_file() else None
        if chosen:
            return chosen, str(path)
    return "numpy", "the default"


def _from_toml(path: Path) -> str | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("horn", {}).get("backend")
    except (OSError, ValueError):
        return None  # a broken pyproject.toml of the user's is not ours to report


def _from_json(path: Path) -> str | None:
    try:
        return json.loads(path.read_text(encoding="utf-8")).get("backend")
    except (OSError, ValueError, AttributeError) as error:
        raise BackendError(
            f"The settings file {path} cannot be read.",
            expected='a JSON object such as {"backend": "jax"}',
            got=f"{type(error).__name__}: {error}",
            remedy="mend the file, or delete it",
        ) from error
