"""Every public class refuses every wrong argument when it is made, with an error that names the argument."""

from __future__ import annotations

from typing import Any

import pytest

from horn.errors import HornError, KeywordError

from .everything import CLASSES, TABLES, constructions, names, public, row
from .wrong_values import wrong_for

ANY_KEYWORD = {"MeanMetricWrapper", "CallbackList"}
"""These hand on what they do not know: to the function, to the callbacks."""

each_class = pytest.mark.parametrize(
    ("facade", "made"), CLASSES, ids=[f"{facade}.{made.__name__}" for facade, made in CLASSES]
)


def complaint(error: BaseException, name: str) -> str:
    """Return what is wrong with the error about an argument, or nothing."""
    if not isinstance(error, HornError):
        return f"{type(error).__name__}: {error}"
    if not all((error.what, error.expected, error.got, error.remedy)):
        return f"a part of the error is missing: {error}"
    said = "".join((str(error), *getattr(error, "__notes__", ())))
    return "" if name in said else f"the error does not name it: {said}"


def test_every_row_is_of_a_class() -> None:
    for facade, rows in TABLES.items():
        assert set(rows) == set(public(facade)), facade


@each_class
def test_no_wrong_argument_is_accepted(facade: str, made: type) -> None:
    needed, found = row(facade, made).needed, []
    for name in names(facade, made):
        for value in wrong_for(made, name):
            try:
                made(**{**needed, name: value})
            except Exception as error:  # noqa: BLE001  (what came is judged here)
                why = complaint(error, name)
            else:
                why = "accepted"
            if why:
                found.append(f"{name}={value!r}: {why}")
    assert not found, "\n".join(found)


@each_class
def test_right_arguments_are_accepted(facade: str, made: type) -> None:
    for given in constructions(facade, made):
        made(**given)


@each_class
def test_an_unknown_keyword_is_refused(facade: str, made: Any) -> None:
    if made.__name__ in ANY_KEYWORD:
        return
    with pytest.raises(KeywordError, match=f"{made.__name__} was given 'colour'") as caught:
        made(**row(facade, made).needed, colour=3)
    assert not complaint(caught.value, "colour")
