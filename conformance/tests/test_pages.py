"""The pages, against a second oracle and against central differences, without any backend."""

from __future__ import annotations

import pytest
from horn_conformance import PLANS, checks
from horn_conformance.checks import gradients, pages
from horn_conformance.oracles import ORACLES

import horn  # noqa: F401  (the front door puts the registry in its place)
from horn.spec import ops

PRIMITIVES = [name for name in ops if not ops[name].is_composite]


def test_every_op_has_a_plan_and_every_plan_an_op() -> None:
    assert set(PLANS) == set(ops)


def test_every_oracle_is_of_a_primitive() -> None:
    assert checks.ON_PAGE
    assert set(ORACLES) == set(PRIMITIVES)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_a_body_agrees_with_its_oracle(name) -> None:
    pages.oracle(PLANS[name])


@pytest.mark.parametrize("name", list(ops))
def test_a_gradient_agrees_with_central_differences(name) -> None:
    pages.differences(PLANS[name])


@pytest.mark.parametrize("name", [name for name, plan in PLANS.items() if plan.kinks])
def test_a_gradient_at_a_kink_is_the_one_that_was_settled(name) -> None:
    gradients.settled_by_page(PLANS[name])
