"""Files of weights that are damaged, or made to harm: refused, and the model is as before."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import horn
from horn.errors import SavedModelError


def network() -> Any:
    """Return a small model: a kernel, a bias, a kernel, a bias."""
    layers = [horn.Input((3,)), horn.layers.Dense(4, name="first"), horn.layers.Dense(4, name="second")]
    return horn.Sequential(layers, backend="numpy")


def filled(seed: int) -> Any:
    """Return such a model with weights of its own."""
    model, draw = network(), np.random.default_rng(seed)
    model.set_weights([draw.normal(size=w.shape).astype("float32") for w in model.get_weights()])
    return model


def same(first: Any, second: Any) -> bool:
    """Return whether two lists of weights are equal bit for bit."""
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A file that Horn wrote."""
    path = tmp_path / "good.weights.h5"
    filled(1).save_weights(path)
    return path


@pytest.fixture
def plain(good: Path) -> Path:
    """The same weights as Keras writes them: contiguous, without checksums."""
    path = good.with_name("plain.weights.h5")
    with h5py.File(good, "r") as source, h5py.File(path, "w") as copy:
        def put(name: str, found: Any) -> None:
            if isinstance(found, h5py.Dataset):
                copy[name] = found[()]

        source.visititems(put)
    return path


KERNEL = "layers/dense/vars/0"


def replace(file: h5py.File, member: str = KERNEL, **how: Any) -> None:
    """Store a member in another way."""
    value = how.pop("value", None)
    if value is None:
        value = file[member][()]
    del file[member]
    file.create_dataset(member, data=value, **how)


def link_to(link: Any) -> Callable[[h5py.File], None]:
    def change(file: h5py.File) -> None:
        file["elsewhere"] = file[KERNEL][()]
        del file[KERNEL]
        file[KERNEL] = link

    return change


def external(file: h5py.File) -> None:
    del file[KERNEL]
    file.create_dataset(KERNEL, (3, 4), "f4", external=[("/etc/hostname", 0, 48)])


def virtual(file: h5py.File) -> None:
    del file[KERNEL]
    layout = h5py.VirtualLayout((3, 4), "f4")
    layout[:] = h5py.VirtualSource("other.h5", "x", (3, 4))
    file.create_virtual_dataset(KERNEL, layout)


def bomb(file: h5py.File) -> None:
    """Data that unpack to a thousand times what the chunk may hold."""
    replace(file, value=np.zeros((3, 4), "f4"), chunks=(3, 4), compression="gzip")
    file[KERNEL].id.write_direct_chunk((0, 0), zlib.compress(bytes(50_000), 9))


def unwritten(file: h5py.File) -> None:
    del file[KERNEL]
    file.create_dataset(KERNEL, (3, 4), "f4", chunks=(3, 4), compression="gzip")


def deep(file: h5py.File) -> None:
    file.create_group("/".join("x" * 100))


def cyclic(file: h5py.File) -> None:
    for name in "abc":
        file["layers"][name] = file["layers"]


def crowded(file: h5py.File) -> None:
    for number in range(2000):
        file.create_group(f"empty/{number}")


def named_type(file: h5py.File) -> None:
    del file[KERNEL]
    file[KERNEL] = np.dtype("f4")


def attribute(file: h5py.File) -> None:
    file["layers/dense/vars"].attrs["name"] = np.zeros(5000)


def compact(file: h5py.File) -> None:
    del file[KERNEL]
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_layout(h5py.h5d.COMPACT)
    h5py.h5d.create(file.id, KERNEL.encode(), h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((3, 4)), plan)


def never(file: h5py.File) -> None:
    del file[KERNEL]
    file.create_dataset(KERNEL, (3, 4), "f4")


def huge(file: h5py.File) -> None:
    del file[KERNEL]
    file.create_dataset(KERNEL, (1 << 32, 1 << 20), "f4", chunks=(1024, 1024), compression="gzip")


def reordered(file: h5py.File) -> None:
    del file[KERNEL]
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((3, 4))
    plan.set_fletcher32()
    plan.set_shuffle()
    h5py.h5d.create(file.id, KERNEL.encode(), h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((3, 4)), plan)


def swap(file: h5py.File) -> None:
    for place, name in (("dense", "second"), ("dense_1", "first")):
        file[f"layers/{place}/vars"].attrs["name"] = name


def values(value: Any, **how: Any) -> Callable[[h5py.File], None]:
    return lambda file: replace(file, value=value, **how)


ZEROS = np.zeros((3, 4), "f4")
CHANGES: dict[str, tuple[Callable[[h5py.File], None], str]] = {
    "a soft link": (link_to(h5py.SoftLink("/elsewhere")), "SoftLink"),
    "a link to another file": (link_to(h5py.ExternalLink("good.weights.h5", "/" + KERNEL)), "ExternalLink"),
    "data in another file": (external, "another way of storage"),
    "data from elsewhere": (virtual, "another way of storage"),
    "compact data": (compact, "another way of storage"),
    "a packed bomb": (bomb, "when unpacked"),
    "a huge shape": (huge, "shape (4294967296, 1048576)"),
    "data that was never written": (unwritten, "a chunk of"),
    "contiguous data that was never written": (never, "0 bytes"),
    "another filter": (values(ZEROS, chunks=(3, 4), compression="lzf"), "filters [32000]"),
    "filters in another order": (reordered, "filters [3, 2]"),
    "complex numbers": (values(ZEROS.astype("complex64")), "complex64"),
    "texts": (values(np.full((3, 4), b"x")), "|S1"),
    "records": (values(np.zeros((3, 4), [("a", "f4")])), "('a'"),
    "an enumeration": (values(np.zeros((3, 4), h5py.enum_dtype({"a": 0, "b": 1}, "i4"))), "int32"),
    "wider numbers": (values(ZEROS.astype("f8")), "float64"),
    "integers": (values(ZEROS.astype("i4")), "int32"),
    "bfloat16": (values(ZEROS.astype("f2").view("V2")), "|V2"),
    "another shape": (values(np.zeros((4, 3), "f4")), "(4, 3)"),
    "a number": (values(np.float32(1)), "shape ()"),
    "no values": (values(h5py.Empty("f4")), "one of bool"),
    "numbers that are none": (values(np.full((3, 4), np.nan, "f4")), "12 of 12"),
    "a group": (lambda file: (file.__delitem__(KERNEL), file.create_group(KERNEL)), "without 'layers/dense/vars/0'"),
    "a type": (named_type, "Datatype"),
    "one weight less": (lambda file: file.__delitem__(KERNEL), "without 'layers/dense/vars/0'"),
    "one weight more": (lambda file: file.create_dataset("vars/0", data=1.0), "with 'vars/0' besides"),
    "one layer more": (lambda file: file.create_dataset("layers/lstm/vars/0", data=1.0), "layers/lstm"),
    "one group more": (lambda file: file.create_dataset("optimizer/varr/0", data=1.0), "with 'optimizer/varr/0'"),
    "a long attribute": (attribute, "attribute 'name'"),
    "many levels": (deep, "64 levels"),
    "a circle": (cyclic, "groups and data sets"),
    "many groups": (crowded, "groups and data sets"),
    "layers in other places": (swap, "those of layer 'second'"),
    "an earlier schema": (lambda file: file.attrs.__setitem__("horn_schema", 1), "use the Horn that wrote it"),
    "no checksum": (lambda file: file.attrs.__setitem__("horn_schema", 2), "the checksum that was noted"),
    "a later schema": (lambda file: file.attrs.__setitem__("horn_schema", 99), "schema 99"),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_refused(change: str, plain: Path) -> None:
    edit, said = CHANGES[change]
    with h5py.File(plain, "a") as file:
        edit(file)
    model = filled(2)
    before = model.get_weights()
    with pytest.raises(SavedModelError, match=re.escape(said)) as caught:
        model.load_weights(plain)
    assert same(before, model.get_weights())
    assert str(plain) in str(caught.value)
    assert len(str(caught.value)) < 1000


@pytest.mark.parametrize(
    "how",
    [
        {}, {"chunks": (2, 3)}, {"chunks": (1, 4), "maxshape": (None, 4)}, {"fletcher32": True},
        {"compression": "gzip"}, {"chunks": (2, 2), "shuffle": True, "compression": "gzip", "fletcher32": True},
        {"value": np.random.default_rng(0).normal(size=(3, 4)).astype(">f4")},
        {"value": np.random.default_rng(0).normal(size=(3, 4)).astype("f2"), "compression": "gzip"},
    ],
)  # fmt: skip
def test_what_is_accepted(how: dict[str, Any], plain: Path) -> None:
    with h5py.File(plain, "a") as file:
        replace(file, **how)
        wanted = file[KERNEL][()]
        file.create_dataset("optimizer/vars/0", data=np.zeros((5, 5)))
        file.create_group("layers/input_layer/vars")
    model = filled(2)
    model.load_weights(plain)
    np.testing.assert_array_equal(model.get_weights()[0], wanted)


def test_bytes_that_are_no_array_as_they_lie_are_converted(plain: Path) -> None:
    wanted = np.arange(12, dtype="float32").reshape(3, 4)
    odd = h5py.h5t.IEEE_F32LE.copy()
    odd.set_fields(30, 22, 8, 0, 22)  # four bytes, of which one bit is not used
    odd.set_precision(31)
    with h5py.File(plain, "a") as file:
        del file[KERNEL]
        made = h5py.h5d.create(file.id, KERNEL.encode(), odd, h5py.h5s.create_simple((3, 4)))
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, wanted)
    model = filled(2)
    model.load_weights(plain)
    np.testing.assert_array_equal(model.get_weights()[0], wanted)
    assert wanted.tobytes() not in plain.read_bytes()


def test_a_file_may_begin_with_something_else(good: Path) -> None:
    with h5py.File(good, "r") as source, h5py.File(good.with_name("late.weights.h5"), "w", userblock_size=512) as copy:
        for name in source:
            source.copy(name, copy)
        copy.attrs.update(source.attrs)
    model = filled(2)
    model.load_weights(good.with_name("late.weights.h5"))
    assert same(model.get_weights(), filled(1).get_weights())


def test_numbers_that_are_none_are_taken_on_demand(plain: Path) -> None:
    with h5py.File(plain, "a") as file:
        file[KERNEL][0, 0] = np.inf
    model = filled(2)
    model.load_weights(plain, allow_nonfinite=True)
    assert np.isinf(model.get_weights()[0][0, 0])


def test_names_may_differ(good: Path) -> None:
    model = network()
    model.layers[0].name, model.layers[1].name = "other", "first"
    with pytest.raises(SavedModelError, match="those of layer 'first'"):
        model.load_weights(good)
    model.layers[1].name = "dense_7"
    model.load_weights(good)
    assert same(model.get_weights(), filled(1).get_weights())


def test_a_file_that_is_cut_is_refused(good: Path) -> None:
    whole, model = good.read_bytes(), filled(2)
    before = model.get_weights()
    for size in [0, 1, 7, 8, 9, 48, *range(96, len(whole), len(whole) // 40), len(whole) - 1]:
        good.write_bytes(whole[:size])
        with pytest.raises(SavedModelError):
            model.load_weights(good)
        assert same(before, model.get_weights())


def test_a_flipped_bit_never_changes_a_weight(good: Path) -> None:
    whole, model, wanted = good.read_bytes(), filled(2), filled(1).get_weights()
    before, noticed = model.get_weights(), 0
    for place in range(3, len(whole), len(whole) // 199):
        changed = bytearray(whole)
        changed[place] ^= 1 << place % 8
        good.write_bytes(changed)
        model.set_weights(before)
        try:
            model.load_weights(good)
        except SavedModelError:
            noticed += 1
            assert same(before, model.get_weights())
        else:
            assert same(wanted, model.get_weights())
    assert noticed


def test_every_flipped_bit_of_the_data_is_noticed(good: Path) -> None:
    whole, model = good.read_bytes(), filled(2)
    for data in (w.tobytes() for w in filled(1).get_weights() if w.any()):
        start = whole.index(data)
        for place in range(start, start + len(data), 5):
            changed = bytearray(whole)
            changed[place] ^= 0x10
            good.write_bytes(changed)
            with pytest.raises(SavedModelError):
                model.load_weights(good)


def failing_at_the_third(method: str, error: BaseException) -> Callable[..., Any]:
    """Return a method of Variables that raises an error when it is called for the third time."""
    real, calls = getattr(horn.Variable, method), []

    def failing(self: Any, value: Any) -> Any:
        calls.append(value)
        if len(calls) == 3:
            raise error
        return real(self, value)

    return failing


def test_a_weight_for_which_there_is_no_room_changes_nothing(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = filled(2)
    before = model.get_weights()
    monkeypatch.setattr(horn.Variable, "prepared", failing_at_the_third("prepared", MemoryError("no room")))
    with pytest.raises(MemoryError):
        model.load_weights(good)
    assert same(before, model.get_weights())


def test_an_interrupt_waits_until_all_weights_are_there(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = filled(2)
    monkeypatch.setattr(horn.Variable, "put", failing_at_the_third("put", KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        model.load_weights(good)
    assert same(filled(1).get_weights(), model.get_weights())
