"""The comparator: what it must call equal, and what it must not."""

from __future__ import annotations

import numpy as np
import pytest
from horn_conformance.compare import compare, is_vague

F32 = np.float32
NAN, INF = np.nan, np.inf


def judged(got, want, bound=0.0, dtype="float32"):
    """Return the kind of mismatch, or None, for lists of numbers."""
    got = np.asarray(got, F32) if dtype == "float32" else np.asarray(got)
    want = np.asarray(want, np.float64) if dtype == "float32" else np.asarray(want)
    mismatch = compare(got, want, np.broadcast_to(np.asarray(bound, float), want.shape), dtype)
    return None if mismatch is None else mismatch.kind


@pytest.mark.parametrize(
    ("got", "want", "bound", "kind"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0, None),
        ([1.0, 2.5], [1.0, 2.0], 0.5, None),
        ([1.0, 2.5], [1.0, 2.0], 0.4, "value"),
        ([], [], 0.0, None),
        ([0.0], [-0.0], 0.0, None),
        # A NaN exceeds no bound, and must not pass for that.
        ([NAN], [1.0], 1.0, "nan"),
        ([1.0], [NAN], 1.0, "nan"),
        ([NAN], [NAN], 0.0, None),
        ([NAN, 1.0], [1.0, NAN], 5.0, "nan"),
        # Infinities have signs, and are no large numbers.
        ([INF], [INF], 0.0, None),
        ([-INF], [INF], 0.0, "value"),
        ([3.4e38], [INF], 1.0, "value"),
        ([INF], [1.0], 1.0, "value"),
        ([INF], [NAN], 1.0, "nan"),
        # What does not fit has to overflow; what is next to the limit may.
        ([INF], [1e39], 1.0, None),
        ([3.4e38], [1e39], 1.0, "value"),
        ([-INF], [1e39], 1.0, "value"),
        ([INF], [3.4028e38], 1e36, None),
        ([INF], [3e38], 1e36, "value"),
        # An infinite bound marks what rounding alone decides.
        ([7.0], [1.0], INF, None),
        ([NAN], [1.0], INF, None),
        ([7.0, 7.0], [1.0, 1.0], [INF, 1.0], "value"),
    ],
)
def test_floats(got, want, bound, kind) -> None:
    assert judged(got, want, bound) == kind


@pytest.mark.parametrize(
    ("got", "want"),
    [((3,), (3, 1)), ((1,), ()), ((), (1,)), ((2, 3), (3, 2)), ((0,), (0, 1)), ((1, 3), (3,))],
)
def test_shapes_never_broadcast(got, want) -> None:
    assert judged(np.zeros(got), np.zeros(want)) == "shape"


@pytest.mark.parametrize(
    ("kind", "dtype"),
    [
        (np.float64, "float32"),
        (np.float16, "float32"),
        (np.int32, "float32"),
        (np.int64, "int32"),
        (np.bool_, "int32"),
    ],
)
def test_dtypes_are_part_of_the_result(kind, dtype) -> None:
    mismatch = compare(np.zeros(2, kind), np.zeros(2), np.zeros(2), dtype)
    assert mismatch is not None
    assert mismatch.kind == "dtype"


@pytest.mark.parametrize(
    ("got", "want", "bound", "kind"),
    [
        ([1, 2], [1, 2], 0.0, None),
        ([1, 3], [1, 2], 0.0, "value"),
        ([1, 3], [1, 2], 5.0, "value"),
        ([1, 3], [1, 2], INF, None),
    ],
)
def test_integers_are_exact_unless_unstable(got, want, bound, kind) -> None:
    assert judged(np.array(got, np.int32), np.array(want, np.int32), bound, "int32") == kind


def test_bools_are_exact() -> None:
    assert judged(np.array([True, False]), np.array([True, True]), 0.0, "bool") == "value"


def test_half_precision_is_compared_in_float64() -> None:
    assert (
        compare(np.array([65504.0, np.inf], np.float16), np.array([65504.0, 1e6]), np.zeros(2), "float16")
        is None
    )


def test_the_first_wrong_element_is_named() -> None:
    mismatch = compare(
        np.array([[1, 2], [3, 9]], F32), np.array([[1.0, 2], [3, 4]]), np.full((2, 2), 0.5), "float32"
    )
    assert mismatch is not None
    assert (mismatch.where, mismatch.got, mismatch.want, mismatch.error, mismatch.allowed) == (
        (1, 1),
        9.0,
        4.0,
        5.0,
        0.5,
    )
    assert mismatch.wrong == "1 of 4"
    assert "y[1, 1]: got 9.0, want 4.0" in str(mismatch)


def test_a_bound_that_says_nothing_is_vague() -> None:
    want = np.linspace(1.0, 2.0, 10)
    assert is_vague(want, np.full(10, 0.5))
    assert not is_vague(want, np.full(10, 1e-6))
    assert not is_vague(np.arange(3), np.full(3, 9.0))
