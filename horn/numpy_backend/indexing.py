"""Elements picked by their number, and added up by it."""

from __future__ import annotations

from typing import Any

KERNELS: dict[str, Any] = {}
