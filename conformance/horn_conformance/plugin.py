"""The pytest plugin: its options, and nothing else, so that unrelated runs do not notice it."""

from __future__ import annotations

from typing import Any

_PROFILES = ("smoke", "default", "thorough")


def pytest_addoption(parser: Any) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("horn", "Horn conformance")
    group.addoption(
        "--horn-backend", metavar="NAME", help="backend to test: a registered name, or module:Class"
    )
    group.addoption("--horn-device", metavar="NAME", help="where its tensors live: cpu, gpu, gpu:1 ...")
    group.addoption("--horn-profile", default="default", choices=_PROFILES, help="how much to try")
    group.addoption(
        "--horn-op", action="append", metavar="OP", help="test this op alone; may be given several times"
    )
    group.addoption("--horn-self-check", action="store_true", help="check the op pages themselves as well")
