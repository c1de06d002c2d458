"""What ``pytest --pyargs horn_conformance`` collects: one test for each op, check and dtype."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from horn_conformance.checks import Item, items, run
from horn_conformance.failure import Disagreement
from horn_conformance.loading import load
from horn_conformance.suite import PROFILES, Suite

if TYPE_CHECKING:
    from collections.abc import Sequence


@cache
def _suite(name: str, profile: str, device: str | None) -> Suite:
    return Suite(load(name, device), PROFILES[profile])


def _chosen(config: pytest.Config) -> Suite:
    option = config.getoption
    return _suite(option("--horn-backend"), option("--horn-profile"), option("--horn-device"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make the items for the backend that was asked for; none without one."""
    name = metafunc.config.getoption("--horn-backend", None)
    if not name:
        metafunc.parametrize("item", [])
        return
    option = metafunc.config.getoption
    suite = _chosen(metafunc.config)
    found = items(suite, pages_too=option("--horn-self-check"), only=option("--horn-op"))
    metafunc.parametrize("item", found, ids=[str(item) for item in found])


def test_conformance(item: Item, request: pytest.FixtureRequest) -> None:
    """The backend means what the page says."""
    request.node.user_properties += _properties(item)
    try:
        run(_chosen(request.config), item)
    except Disagreement as disagreement:
        pytest.fail(str(disagreement), pytrace=False)


def _properties(item: Item) -> Sequence[tuple[str, Any]]:
    return [("op", item.op), ("check", item.check), ("dtype", item.dtype)]
