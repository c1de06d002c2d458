"""The five programs of the first readme: on every backend the first step has the loss that NumPy gives."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

import horn as keras

PROGRAMS = ("mlp", "mlp_short", "vgg", "sequence", "captions")


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_trains(
    backend: str, name: str, script_named: Callable[[str], ModuleType], begin_again: Callable[[], None]
) -> None:
    script = script_named("first_five")
    build, *_ = script.PROGRAMS[name]
    x, y = script.data(name, 1)
    losses = []
    for place in ("numpy", backend):
        begin_again()
        with keras.use_backend(place):
            model = build()
            losses.append(model.train_on_batch(x[:4], y[:4]))
            assert model.backend.name == place
    assert np.isfinite(losses).all()
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-4)
