"""Which backend new models and neutral inputs go to, and which device of it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from horn import contract
from horn.api.bounds import flag
from horn.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from horn.contract import Backend


def set_backend(name: str | None) -> None:
    """Choose the backend of this context; None goes back to the default.

    Args:
        name: ``"numpy"``, ``"jax"``, ``"torch"``, ``"tensorflow"`` (or ``"tf"``), or any that a
            package brings. It is loaded now, so a misspelt name is an error here.
    """
    contract.set_backend(None if name is None else contract.load(name))
    contract.forget_default()


@contextmanager
def use_backend(name: str) -> Iterator[Backend]:
    """Choose the backend for the time of a block.

    Example:
        >>> with use_backend("numpy") as backend:
        ...     backend.name
        'numpy'
    """
    backend = contract.load(name)
    with contract.context(backend=backend):
        yield backend


@contextmanager
def device(device_name: str) -> Iterator[None]:
    """Let new tensors of the current backend live on a device, for the time of a block.

    A model lives where it was when it first ran or trained, so build, train and use it in such blocks of one
    device. Without one, tensors live on the first GPU that the framework sees; on NumPy on the processor.

    Args:
        device_name: ``"cpu"``, ``"gpu"`` (or ``"cuda"``) or, with a number, ``"gpu:1"``.

    Raises:
        BackendError: The backend has no such device here.

    Example:
        >>> with use_backend("numpy"), device("cpu"):
        ...     pass
    """
    backend = contract.current_backend()
    kind, _, number = str(device_name).lower().replace("cuda", "gpu").partition(":")
    name = "cpu" if (kind, number or "0") == ("cpu", "0") else f"{kind}:{number or 0}"
    if name not in backend.devices:
        raise BackendError(
            f"The backend {backend.name!r} has no device {device_name!r}.",
            expected=f"one of {', '.join(backend.devices)}",
            got=repr(device_name),
            remedy="choose one of those, or another backend with horn.set_backend",
        )
    with backend.device(name):
        yield


def set_flush_denormals(wanted: bool) -> None:
    """Let the current backend take numbers below the smallest normal one for zero.

    Arithmetic on such numbers (below 1.2e-38 in float32) can be a hundred times slower on a CPU, and they
    appear where weights or activations fade away. JAX and TensorFlow flush them always, NumPy never. PyTorch
    has a switch, for the thread that calls it: Horn turns it on for the steps of `fit`, `evaluate` and
    `predict`, and off again after them, until this function says what is wanted.

    Args:
        wanted: Whether they count as zero.

    Raises:
        BackendError: The backend has no switch, and does the opposite.

    Example:
        >>> with use_backend("numpy"):
        ...     set_flush_denormals(False)
    """
    contract.current_backend().flush_denormals(flag("set_flush_denormals", "wanted", wanted))
