"""What every test and every example in a docstring may rely on."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

for variable in ("HORN_BACKEND", "KERAS_BACKEND", "HORN_DATA"):
    os.environ.pop(variable, None)  # what the developer chose for other work


@pytest.fixture(autouse=True)
def names_in_examples(doctest_namespace: dict[str, Any]) -> None:
    """Let examples write `np` without importing it."""
    doctest_namespace["np"] = np
