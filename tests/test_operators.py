"""Operators of symbolic tensors and Variables are the ops of the same meaning."""

from __future__ import annotations

import numpy as np
import pytest

import horn
from horn.spec.boxes import pullback
from horn.state.variable import Variable

X, Y = np.array([7.0, -7.0, 2.5], np.float32), np.array([2.0, 2.0, -2.0], np.float32)


@pytest.mark.parametrize(
    "fn", [lambda a, b: a // b, lambda a, b: a % b, lambda a, b: 7.0 // b, lambda a, b: 7.0 % b]
)
def test_division_with_a_remainder(fn) -> None:
    value, _ = pullback(fn, X, Y)
    np.testing.assert_array_equal(value, fn(X, Y))
    variable = Variable(X, name="x")
    np.testing.assert_array_equal(horn.ops.convert_to_numpy(fn(variable, Y)), fn(X, Y))


def test_the_gradient_of_a_remainder() -> None:
    _, back = pullback(lambda a, b: a % b, X, Y)
    by_dividend, by_divisor = back([np.ones(3, np.float32)])
    np.testing.assert_array_equal(by_dividend, [1.0, 1.0, 1.0])
    np.testing.assert_array_equal(by_divisor, -(X // Y))


def test_exclusive_or() -> None:
    shape = horn.Input((3,)) > 0
    assert (shape ^ shape).dtype == "bool"
