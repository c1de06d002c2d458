"""What is true of this backend alone; that its kernels mean what the pages say is for conformance."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from horn_torch import elementwise, optim, pooling, random, recurrent

import horn as keras
from horn import contract, registry
from horn.errors import DTypeError, UnsupportedOpError
from horn.spec import ops

backend = registry.load("torch")

IMPORT = """
import warnings, torch
def state():
    return (torch.is_grad_enabled(), torch.get_default_dtype(), torch.get_num_threads(), list(warnings.filters),
            torch.are_deterministic_algorithms_enabled(), torch.get_float32_matmul_precision())
before = state()
import horn_torch.plugin
assert horn_torch.plugin.horn_backend("torch").name == "torch"
assert horn_torch.plugin.horn_backend("jax") is None
assert state() == before
"""


def numbers(*shape, seed=0, dtype=np.float32):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape).astype(dtype))


def test_importing_it_changes_no_setting_of_pytorch():
    subprocess.run([sys.executable, "-c", IMPORT], check=True)


def test_a_trained_float_is_a_leaf_parameter_that_stays_the_same_object():
    held = backend.variable(np.ones(3, np.float32), trainable=True)
    assert isinstance(held, torch.nn.Parameter)
    assert held.is_leaf
    assert held.requires_grad
    place = held.data_ptr()
    assert backend.write(held, torch.zeros(3)) is held
    assert held.data_ptr() == place
    assert backend.read(held).data_ptr() == place
    assert not backend.read(held).requires_grad
    assert type(backend.variable(np.ones(3, np.float32), trainable=False)) is torch.Tensor
    assert type(backend.variable(np.ones(3, np.int32), trainable=True)) is torch.Tensor


def test_an_adopted_array_shares_its_memory_and_a_converted_one_does_not():
    array = np.zeros(3, np.float32)
    adopted, converted = backend.adopt(array), backend.asarray(array)
    array[0] = 1.0
    assert adopted[0] == 1.0
    assert converted[0] == 0.0
    array.flags.writeable = False
    assert backend.adopt(array)[0] == 1.0


def test_strings_have_no_tensor():
    with pytest.raises(DTypeError, match="string"):
        backend.asarray(np.array(["a"]))


def test_a_value_that_the_loss_does_not_read_gets_zeros():
    x, y = torch.ones(2), torch.ones(3)
    (loss, aux), (by_x, by_y) = backend.value_and_grad(lambda values: ((values[0] ** 2).sum(), [values[0] * 2]), [x, y])
    assert not loss.requires_grad
    assert not aux[0].requires_grad
    assert by_x.tolist() == [2.0, 2.0]
    assert by_y.tolist() == [0.0, 0.0, 0.0]
    _, (by_x,) = backend.value_and_grad(lambda values: (torch.zeros(()), None), [x])
    assert by_x.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("dtype", ["uint16", "uint32"])
def test_unsigned_integers_wrap_around(dtype):
    top = backend.asarray(np.array([np.iinfo(dtype).max, 3], dtype))
    with contract.context(backend=backend):
        total = ops.add(top, top)
        largest = ops.max(total)
    assert backend.describe(total)[1] == dtype
    assert backend.to_numpy(total).tolist() == [np.iinfo(dtype).max - 1, 6]
    assert int(largest) == np.iinfo(dtype).max - 1


def test_uint64_is_refused_with_a_way_out():
    one = backend.asarray(np.ones(2, np.uint64))
    with contract.context(backend=backend), pytest.raises(UnsupportedOpError, match="cast"):
        ops.add(one, one)


@pytest.mark.parametrize("size", [10, 3000, 20000])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_where_is_exact_at_every_size(size, dtype):
    special = np.resize(np.array([0.0, -1.5, np.inf, -np.inf, np.nan, 7.0], dtype), size)
    chosen = torch.from_numpy(np.random.default_rng(0).random(size) < 0.5)
    x1, x2 = torch.from_numpy(special), torch.from_numpy(np.roll(special, 1))
    for other in (x2, torch.zeros((), dtype=x1.dtype), torch.full((), 2.0, dtype=x1.dtype)):
        got, want = elementwise.where(chosen, x1, other), torch.where(chosen, x1, other)
        assert got.dtype == want.dtype
        torch.testing.assert_close(got, want, rtol=0, atol=0, equal_nan=True)


def test_pytorch_and_numpy_draw_the_same_words():
    key, steps = torch.tensor([-5, 2**31 - 1], dtype=torch.int32), torch.tensor([0, -1, 9], dtype=torch.int32)
    for half in (1, 2, 501):
        native = random._native_words(key, steps, half)
        assert np.array_equal(native.numpy(), random._words(key.numpy(), steps.numpy(), half))


def test_updates_do_not_depend_on_strides():
    rows, turned = numbers(4, 6), numbers(6, 4, seed=1).t()
    slots = [[torch.zeros(4, 6)] for _ in range(4)]
    rate, iteration = torch.tensor(0.1), torch.tensor(0, dtype=torch.int32)
    plain, other = [rows.clone()], [torch.empty(6, 4).t().copy_(rows)]
    optim.adam_update(plain, [turned.contiguous()], *slots[:2], rate, iteration, 0.9, 0.999, 1e-7)
    kept = other[0]
    optim.adam_update(other, [turned], *slots[2:], rate, iteration, 0.9, 0.999, 1e-7)
    assert kept.stride() == (1, 4)
    assert torch.equal(plain[0], kept)


def test_the_first_of_several_nans_takes_the_gradient():
    x = torch.full((1, 2, 2, 1), float("nan"))
    attrs = {"pool_size": (2, 2), "strides": (2, 2), "padding": ((0, 0), (0, 0))}
    (y, residual) = pooling.forward(x, **attrs)
    assert torch.isnan(y).all()
    assert pooling.backward(residual, torch.ones(1, 1, 1, 1)).flatten().tolist() == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_the_lstm_pair_works_in_inference_mode_and_agrees_with_autograd(dtype, go_backwards):
    shapes = [(2, 5, 3), (2, 4), (2, 4), (3, 16), (4, 16), (16,)]
    operands = [numbers(*shape, seed=i, dtype=dtype) for i, shape in enumerate(shapes)]
    cotangents = [numbers(*shape, seed=9 + i, dtype=dtype) for i, shape in enumerate([(2, 5, 4), (2, 4), (2, 4)])]
    leaves = [x.clone().requires_grad_() for x in operands]
    outputs = recurrent.lstm(*leaves, None, go_backwards=go_backwards)
    wanted = torch.autograd.grad(outputs, leaves, cotangents)
    with torch.inference_mode():
        fresh = [x * 1.0 for x in operands]
        _, residual = recurrent.forward(*fresh, None, go_backwards=go_backwards)
        got = recurrent.backward(residual, tuple(c * 1.0 for c in cotangents))
    for mine, theirs in zip(got, wanted, strict=True):
        torch.testing.assert_close(mine.clone(), theirs)


def test_convolution_keeps_channels_last_in_memory():
    x, kernel = numbers(2, 8, 8, 3), numbers(3, 3, 3, 4)
    attrs = {"strides": (1, 1), "padding": ((1, 1), (1, 1)), "dilation_rate": (1, 1), "groups": 1}
    y = backend.kernels["convolution"](x, kernel, **attrs)
    assert y.is_contiguous()
    assert backend.kernels["convolution_input_grad"](y, kernel, input_shape=(8, 8), **attrs).is_contiguous()
    assert backend.kernels["convolution_kernel_grad"](x, y, window=(3, 3), **attrs).is_contiguous()


def test_windows_over_four_axes_are_refused():
    x = torch.zeros(1, 2, 2, 2, 2, 1)
    attrs = {"strides": (1,) * 4, "padding": ((0, 0),) * 4}
    with pytest.raises(UnsupportedOpError, match="4 axes"):
        backend.kernels["max_pooling"](x, pool_size=(2,) * 4, **attrs)
    with pytest.raises(UnsupportedOpError, match="4 axes"):
        backend.kernels["convolution"](x, torch.zeros(1, 1, 1, 1, 1, 1), dilation_rate=(1,) * 4, groups=1, **attrs)


_MASK = torch.tensor([[1, 1, 1, 0, 0], [0, 1, 0, 1, 1]], dtype=torch.bool)
_GRU = [(2, 5, 3), (2, 4), (3, 12), (4, 12)]
_LSTM = [(2, 5, 3), (2, 4), (2, 4), (3, 16), (4, 16), (16,)]
_HEADS = [(2, 5, 4, 8), (2, 5, 2, 8), (2, 5, 2, 8)]
FUSED = {
    "gru": ("gru", [*_GRU, (2, 12)], [_MASK], {"reset_after": True, "go_backwards": True}),
    "gru, reset before": ("gru", [*_GRU, (12,)], [_MASK], {"reset_after": False, "go_backwards": False}),
    "lstm": ("lstm", _LSTM, [_MASK], {"go_backwards": True}),
    "attention": (
        "dot_product_attention", _HEADS, [None, _MASK[:, None, None]],
        {"scale": None, "is_causal": False, "flash_attention": None, "attn_logits_soft_cap": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FUSED)
def test_a_fused_pair_works_in_inference_mode_and_its_kernel_is_differentiated_twice(name):
    op, shapes, rest, attrs = FUSED[name]
    forward, backward = backend.residual_kernels[op]
    leaves = [numbers(*shape, seed=i, dtype=np.float64).requires_grad_() for i, shape in enumerate(shapes)]

    def outputs(*floats):
        results = backend.kernels[op](*floats, *rest, **attrs)
        return results if isinstance(results, tuple) else (results,)

    results = outputs(*leaves)
    cotangents = [numbers(*y.shape, seed=9 + i, dtype=np.float64) for i, y in enumerate(results)]
    wanted = torch.autograd.grad(results, leaves, cotangents)
    with torch.inference_mode():
        _, residual = forward(*(x * 1.0 for x in leaves), *rest, **attrs)
        given = tuple(c * 1.0 for c in cotangents)
        got = backward(residual, given if len(given) > 1 else given[0])
    for mine, theirs in zip(got, wanted, strict=True):
        torch.testing.assert_close(mine.clone(), theirs)
    assert torch.autograd.gradgradcheck(outputs, leaves, cotangents)


def test_steps_flush_what_is_subnormal_and_put_the_switch_back():
    def small() -> bool:
        return bool(torch.full((8,), 2e-38).mul(1e-3).any())

    scale = keras.Variable(np.float32(1e-3), trainable=False)

    class Scaled(keras.layers.Layer):
        def call(self, inputs):
            return inputs * scale

    with keras.use_backend("torch") as home:
        model = keras.Sequential([keras.Input((8,)), Scaled()])
        assert small()
        assert not model.predict(np.full((2, 8), 2e-38, "float32"), verbose=0).any()
        assert small()
        try:
            keras.config.set_flush_denormals(wanted=False)
            assert model.predict(np.full((2, 8), 2e-38, "float32"), verbose=0).all()
        finally:
            home.steps_flush = True
