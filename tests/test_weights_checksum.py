"""The checksum of weights: the damage that it notices for certain, and how anyone can work it out."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from horn.api.saving.checksum import checksum

BLOCK = 131072
KINDS = {
    "random": np.random.default_rng(0).normal(size=2 * BLOCK + 5000).astype("float32").view("u8"),
    "zeros": np.zeros(BLOCK + 2000, "u8"),
    "ones": np.ones(BLOCK + 2000, "f8").view("u8"),
    "identity": np.eye(512, dtype="f4").reshape(-1).view("u8"),  # rows that differ in nothing but their order
    "small": np.arange(700, dtype="u8"),
}
SUMS = {name: checksum("a", words) for name, words in KINDS.items()}
numbers = st.integers(0, 2**40)
kinds = st.sampled_from(sorted(KINDS))
thorough = settings(max_examples=300, deadline=None)


def check_noticed(kind: str, changed: np.ndarray) -> None:
    """Check that a change is seen in the checksum, and nothing where nothing changed."""
    assert (checksum("a", changed) == SUMS[kind]) == np.array_equal(changed, KINDS[kind])


def add(words: np.ndarray, place: int, change: int) -> None:
    """Add to a word, modulo 2**64."""
    words[place % words.size :][:1] += np.uint64(change % 2**64)


def plain(member: str, array: np.ndarray) -> str:
    """Work the checksum out as the docstring says."""
    made = hashlib.sha256(f"{member} {array.dtype.name} {array.shape} ".encode())
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    words = np.frombuffer(data + bytes(-len(data) % 8), "<u8")
    for start in range(0, len(words), BLOCK):
        for width in (521, 523):
            block = words[start : start + BLOCK]
            rows = np.append(block, np.zeros(-len(block) % width, "<u8")).reshape(-1, width)
            made.update(rows.sum(0).astype("<u8").tobytes())
    return made.hexdigest()


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (7,), (521,), (523, 3), (BLOCK // 2, 5)])
@pytest.mark.parametrize("dtype", ["bool", "int8", "float16", "float32", "float64", ">f4"])
def test_anyone_can_work_it_out(dtype: str, shape: Any) -> None:
    array = np.random.default_rng(1).integers(0, 2, shape).astype(dtype)
    assert checksum("x/vars/0", array) == plain("x/vars/0", array)
    if array.ndim == 2:
        assert checksum("x/vars/0", array.T) == plain("x/vars/0", np.ascontiguousarray(array.T))


def test_it_is_the_same_for_ever() -> None:
    array = np.arange(300_000, dtype="float32").reshape(2, -1)
    assert checksum("vars/0", array) == "d151d1817c00b6b02f3b5eac673f5fb8993567a5bfb34fff050815d8b10954eb"


def test_place_kind_and_shape_count() -> None:
    zeros = np.zeros((4, 6), "f4")
    others = [("b", zeros), ("a", zeros.view("i4")), ("a", zeros.T), ("a", zeros[:, :5]), ("a", zeros.view("f8"))]
    assert len({checksum(*other) for other in (("a", zeros), *others)}) == 1 + len(others)


@thorough
@given(kinds, st.lists(st.tuples(numbers, st.integers(1, 2**64 - 1)), min_size=1, max_size=3))
def test_any_three_words(kind: str, changes: list[tuple[int, int]]) -> None:
    changed = KINDS[kind].copy()
    for place, change in changes:
        add(changed, place, change)
    check_noticed(kind, changed)


@thorough
@given(kinds, numbers, st.integers(1, 3), st.sampled_from([521, 523]), st.integers(0, 63))
def test_two_words_of_one_column_that_make_up_for_each_other(
    kind: str, place: int, rows: int, width: int, bit: int
) -> None:
    changed = KINDS[kind].copy()
    add(changed, place, 1 << bit)
    add(changed, place + rows * width, -(1 << bit))
    check_noticed(kind, changed)


@thorough
@given(kinds, numbers, st.integers(1, 4161), st.sampled_from(["zeros", "ones", "noise", "elsewhere", "lost"]), numbers)
def test_a_run_of_4161_bytes(kind: str, place: int, size: int, how: str, source: int) -> None:
    changed = KINDS[kind].copy()
    data = changed.view("u1")
    size = min(size, data.size)
    start, source = place % (data.size - size + 1), source % (data.size - size + 1)
    draw = np.random.default_rng(size)
    data[start : start + size] = {
        "zeros": 0, "ones": 255, "noise": draw.integers(0, 256, size), "elsewhere": data[source : source + size].copy(),
        "lost": np.append(data[start + 1 : start + size], data[start]),
    }[how]  # fmt: skip
    check_noticed(kind, changed)


@thorough
@given(kinds, numbers, numbers, st.sampled_from([1, 8, 64, 512, 520]), st.booleans())
def test_two_pieces_that_changed_places(kind: str, first: int, second: int, size: int, are_sectors: bool) -> None:
    changed = KINDS[kind].copy()
    size = min(size, changed.size // 2)
    if are_sectors:
        first, second = first - first % size, second - second % size
    first, second = sorted((first % (changed.size - size + 1), second % (changed.size - size + 1)))
    if second - first >= size:
        piece = changed[first : first + size].copy()
        changed[first : first + size] = changed[second : second + size]
        changed[second : second + size] = piece
    check_noticed(kind, changed)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([512, 4096, 65536]), numbers, numbers, st.integers(1, 40))
def test_larger_damage_to_numbers_as_they_are(sector: int, place: int, source: int, count: int) -> None:
    """Nothing is certain here, only as likely as that a thousand sums of 64 bits stay the same."""
    count = min(count, 500_000 // sector)
    for how in ("zeros", "elsewhere", "swapped", "shifted"):
        changed = KINDS["random"].copy()
        data = changed.view("u1")
        whole = data.size // sector - count
        start, other = (n % whole * sector for n in (place, source))
        size = count * sector
        old, new = data[start : start + size].copy(), data[other : other + size].copy()
        if how == "shifted":
            data[start:] = np.roll(data[start:], sector)
        else:
            data[start : start + size] = 0 if how == "zeros" else new
        if how == "swapped" and abs(start - other) >= size:
            data[other : other + size] = old
        check_noticed("random", changed)


def test_what_it_cannot_see() -> None:
    """Four words whose changes cancel in every sum: the smallest damage that is missed."""
    changed = KINDS["random"].copy()
    for place, change in ((7, 1), (7 + 521, -1), (7 + 523, -1), (7 + 521 + 523, 1)):
        add(changed, place, change)
    assert checksum("a", changed) == SUMS["random"]
