"""The hook through which Horn finds this backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from horn.registry import hookimpl
from horn_tf.backend import TensorFlowBackend

if TYPE_CHECKING:
    from horn.contract import Backend


@hookimpl
def horn_backend(name: str) -> Backend | None:
    """Return the TensorFlow backend when it is asked for."""
    return TensorFlowBackend() if name == "tensorflow" else None
