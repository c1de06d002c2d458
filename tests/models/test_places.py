"""Where tensors live, how exactly they are multiplied, and who compiles: what users may say of it."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import horn as keras
from horn import contract
from horn.errors import ArgumentError, BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

X = np.random.default_rng(0).normal(size=(16, 4)).astype("float32")


@pytest.fixture(autouse=True)
def chosen(backend: str) -> Iterator[contract.Backend]:
    """Make the backend under test the current one."""
    with keras.use_backend(backend) as found:
        yield found
    keras.config.set_matmul_precision("fast")


def trained(**compiled: Any) -> Any:
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dropout(0.5)])
    model.compile("adam", "mse", **compiled)
    model.fit(X, X[:, :3], batch_size=4, verbose=0)
    return model


# -- devices -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cpu", "CPU:0"])
def test_a_model_trains_on_the_processor(name: str) -> None:
    with keras.device(name):
        inside = trained().get_weights()
    if contract.current_backend().devices == ("cpu",):
        for one, other in zip(inside, trained().get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["gpu:99", "cuda:99", "nonsense", "cpu:1", 3])
def test_a_device_that_is_not_there_is_an_error(name: Any, backend: str) -> None:
    with pytest.raises(BackendError, match="has no device") as caught, keras.device(name):
        pass
    assert repr(name) in str(caught.value)
    assert repr(backend) in str(caught.value)


def test_pytorch_makes_every_tensor_where_the_block_says(backend: str) -> None:
    if backend != "torch":
        pytest.skip("one device of PyTorch has no values, and is there on every machine")
    import torch

    found = contract.current_backend()
    with found.device("meta"):
        made = [
            found.asarray(X), found.asarray(X, "bfloat16"), found.adopt(X), keras.ops.zeros((2,)), keras.ops.arange(3),
            keras.ops.full((2,), 3.0), found.variable(X, trainable=True), keras.ops.add(found.asarray(X), 1.0),
        ]  # fmt: skip
        assert {tensor.device.type for tensor in made} == {"meta"}
        assert "host_scalars" not in found.capabilities
    assert keras.ops.add(torch.ones(1), 1.0).device.type == found.asarray(X).device.type


def test_pytorch_keeps_what_belongs_to_one_device_from_the_tensors_of_another(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if backend != "torch":
        pytest.skip("one device of PyTorch has no values, and is there on every machine")
    import torch
    from horn_torch import backend as pytorch

    monkeypatch.setattr(pytorch, "has_gpu", lambda: True)
    signature = pytorch.TorchBackend().signature
    assert signature(torch.ones(2)) == signature(torch.zeros(2)) != signature(torch.ones(2, device="meta"))
    written: list[Any] = []
    found = contract.current_backend()
    variable = keras.Variable(np.ones(2, "float32"))
    variable.storage(found)
    monkeypatch.setattr(found, "write", lambda storage, tensor: written.append(tensor) or storage)
    for name in ("cpu", "meta"):
        with found.device(name):
            variable.clear()
    assert [tensor.device.type for tensor in written] == ["cpu", "meta"]


def test_data_without_room_on_a_device_come_batch_by_batch(
    chosen: contract.Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> list[np.ndarray]:
        model = trained()
        history = model.fit(X, X[:, :3], batch_size=5, epochs=2, verbose=0, validation_split=0.25).history
        figures = [np.asarray(values) for values in history.values()]
        return [*model.get_weights(), model.predict(X, batch_size=3, verbose=0), *figures]

    asked: list[int] = []
    expected = run()
    monkeypatch.setattr(type(chosen), "has_room", lambda self, size: asked.append(size))
    for one, other in zip(run(), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
    assert {12 * (4 + 3) * 4, 4 * (4 + 3) * 4, X.nbytes} <= set(asked)


# -- precision ---------------------------------------------------------------------------------


def test_float32_products_are_asked_for_in_ops_and_in_steps(
    chosen: contract.Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks: list[str] = []

    @contextmanager
    def noted() -> Iterator[None]:
        blocks.append("begin")
        yield
        blocks.append("end")

    monkeypatch.setattr(chosen, "in_float32", noted, raising=False)
    model = trained()
    keras.ops.matmul(X, X.T)
    assert not blocks
    keras.config.set_matmul_precision("float32")
    assert keras.config.matmul_precision() == "float32"
    keras.ops.matmul(X, X.T)
    assert blocks == ["begin", "end"]
    blocks.clear()
    model.fit(X, X[:, :3], batch_size=4, shuffle=False, verbose=0)  # compiled anew, for another setting
    assert set(blocks) == {"begin", "end"}
    keras.config.set_matmul_precision("fast")
    blocks.clear()
    model.fit(X, X[:, :3], batch_size=4, shuffle=False, verbose=0)
    assert not blocks


def test_pytorchs_switches_are_put_back(backend: str, chosen: contract.Backend) -> None:
    if backend != "torch":
        pytest.skip("switches of PyTorch")
    import torch

    switches = (torch.backends.cuda.matmul, torch.backends.cudnn.conv, torch.backends.cudnn.rnn)
    before = [switch.fp32_precision for switch in switches]
    with suppress(ZeroDivisionError), chosen.in_float32():
        assert {switch.fp32_precision for switch in switches} == {"ieee"}
        raise ZeroDivisionError
    assert [switch.fp32_precision for switch in switches] == before


def test_xla_is_told_the_precision_by_jax(backend: str) -> None:
    if backend != "jax":
        pytest.skip("what JAX tells XLA")
    import jax

    def text() -> str:
        return str(jax.make_jaxpr(lambda x: keras.ops.matmul(x, x.T))(X))

    assert "HIGHEST" not in text()
    keras.config.set_matmul_precision("float32")
    assert "HIGHEST" in text()


def test_a_precision_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ArgumentError, match="matmul_precision has no value 'float31'"):
        keras.config.set_matmul_precision("float31")


# -- who compiles ------------------------------------------------------------------------------


def test_xla_compiles_as_it_is_told(backend: str) -> None:
    models = {choice: trained(jit_compile=choice) for choice in ("auto", True, False)}
    for model in models.values():
        for one, other in zip(model.get_weights(), models["auto"].get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    if backend == "tensorflow":
        runners = {key: next(iter(m._functions._compiled.values())).run for key, m in models.items()}
        assert [runners[key].jit_compile for key in ("auto", True, False)] == [True, True, False]
