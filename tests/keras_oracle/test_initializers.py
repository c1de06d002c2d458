"""Initializers against Keras 3: equal where there is no chance, alike in their statistics where there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

keras: Any = pytest.importorskip("keras")

import horn  # noqa: E402
from horn.errors import ArgumentError, ShapeError  # noqa: E402

DRAWN = {
    "RandomUniform": [{}, {"minval": -1.0, "maxval": 3.0}],
    "RandomNormal": [{}, {"mean": 1.0, "stddev": 2.0}],
    "TruncatedNormal": [{}, {"mean": 1.0, "stddev": 2.0}],
    "GlorotUniform": [{}],
    "GlorotNormal": [{}],
    "HeUniform": [{}],
    "HeNormal": [{"input_axes": [0], "output_axes": [1, 2]}],
    "LecunUniform": [{}],
    "LecunNormal": [{}],
    "VarianceScaling": [
        {"scale": 2.0, "mode": mode, "distribution": distribution}
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("truncated_normal", "untruncated_normal", "uniform")
    ],
}
SHAPE = (40, 50, 60)


def both(name: str, options: dict[str, Any], shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    ours = getattr(horn.initializers, name)(**options)(shape, "float32")
    theirs = getattr(keras.initializers, name)(**options)(shape, "float32")
    assert isinstance(ours, np.ndarray)
    assert ours.dtype == np.float32
    assert ours.shape == shape
    return ours, keras.ops.convert_to_numpy(theirs)


@pytest.mark.parametrize(
    ("name", "options"), [(name, options) for name, several in DRAWN.items() for options in several], ids=str
)
def test_statistics_are_those_of_keras(name: str, options: dict[str, Any]) -> None:
    ours, theirs = both(name, {**options, "seed": 7}, SHAPE)
    deviation = theirs.std()
    # Of n = 120,000 numbers: the mean is within 5 / sqrt(n) deviations, the deviation within 5 / sqrt(2 n).
    assert abs(ours.mean() - theirs.mean()) < 2 * 5 / np.sqrt(ours.size) * deviation
    assert abs(ours.std() / deviation - 1.0) < 2 * 5 / np.sqrt(2 * ours.size)
    if name not in ("RandomNormal",) and options.get("distribution") != "untruncated_normal":
        # These have bounds, which so many numbers come near to.
        low, high = ours.min() / theirs.min(), ours.max() / theirs.max()
        np.testing.assert_allclose([low, high], 1.0, rtol=2e-3)


@pytest.mark.parametrize("shape", [(5, 5), (8, 3), (3, 8), (2, 3, 4)])
def test_orthogonal(shape: tuple[int, ...]) -> None:
    flat = horn.initializers.Orthogonal(2.0, seed=1)(shape, "float32").reshape(-1, shape[-1])
    small = flat if flat.shape[0] <= flat.shape[1] else flat.T
    np.testing.assert_allclose(small @ small.T, 4.0 * np.eye(len(small)), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "options", "shape"),
    [
        ("Zeros", {}, (2, 3)),
        ("Ones", {}, (2, 3)),
        ("Constant", {"value": 2.5}, (2, 3)),
        ("Identity", {"gain": 2.0}, (3, 5)),
        *[
            ("STFT", {"side": side, "window": window, "scaling": scaling, "periodic": periodic}, (9, 1, 7))
            for side in ("real", "imag")
            for window in (None, "hann", "hamming", "blackman", "bartlett")
            for scaling in (None, "density", "spectrum")
            for periodic in (False, True)
        ],
    ],
    ids=str,
)
def test_without_chance_values_are_equal(name: str, options: dict[str, Any], shape: tuple[int, ...]) -> None:
    ours, theirs = both(name, options, shape)
    np.testing.assert_allclose(ours, theirs, atol=3e-6)


NAMES = [
    "zeros", "ones", "constant", "identity", "stft", "random_uniform", "uniform", "random_normal", "normal",
    "truncated_normal", "variance_scaling", "glorot_uniform", "glorot_normal", "he_uniform", "he_normal",
    "lecun_uniform", "lecun_normal", "orthogonal", "HeNormal", "LecunUniform", "STFT", "OrthogonalInitializer",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_names_and_configurations_are_those_of_keras(name: str) -> None:
    # Keras cannot make "constant" by its name.
    theirs = keras.initializers.Constant() if name == "constant" else keras.initializers.get(name)
    ours = horn.initializers.get(name)
    assert type(ours).__name__ == type(theirs).__name__
    if name != "identity":  # whose configuration lacks its gain in Keras
        assert ours.get_config() == theirs.get_config()
    again = horn.initializers.get(keras.initializers.serialize(theirs))
    assert horn.initializers.serialize(again) == horn.initializers.serialize(ours)
    assert type(keras.initializers.get(horn.initializers.serialize(ours))) is type(theirs)


def test_a_seed_fixes_the_values_and_no_seed_does_not() -> None:
    for kind in (horn.initializers.TruncatedNormal, horn.initializers.HeNormal, horn.initializers.Orthogonal):
        np.testing.assert_array_equal(kind(seed=3)((4, 5)), kind(seed=3)((4, 5)))
        assert np.any(kind(seed=3)((4, 5)) != kind(seed=4)((4, 5)))
        assert np.any(kind()((4, 5)) != kind()((4, 5)))


def test_values_drawn_long_ago_stay_what_they_were() -> None:
    glorot = horn.initializers.GlorotUniform(seed=1)((2, 2))
    np.testing.assert_array_equal(
        glorot, horn.initializers.RandomUniform(-np.sqrt(1.5), np.sqrt(1.5), seed=1)((2, 2))
    )
    he = horn.initializers.HeUniform(seed=1)((6, 2))
    np.testing.assert_array_equal(he, horn.initializers.RandomUniform(-1.0, 1.0, seed=1)((6, 2)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: horn.initializers.RandomUniform(1.0, -1.0),
        lambda: horn.initializers.RandomNormal(stddev=-1.0),
        lambda: horn.initializers.TruncatedNormal(mean=float("nan")),
        lambda: horn.initializers.VarianceScaling(scale=0.0),
        lambda: horn.initializers.VarianceScaling(mode="fan"),
        lambda: horn.initializers.VarianceScaling(distribution="cauchy"),
        lambda: horn.initializers.GlorotNormal(input_axes=[0]),
        lambda: horn.initializers.HeNormal(seed=0.5),
        lambda: horn.initializers.Constant("one"),
        lambda: horn.initializers.STFT(side="both"),
        lambda: horn.initializers.STFT(window="square"),
        lambda: horn.initializers.get("he_norm"),
        lambda: horn.layers.Dense(2, kernel_initializer="glorot"),
    ],
)
def test_wrong_arguments_are_refused(make: Any) -> None:
    with pytest.raises(ArgumentError):
        make()


@pytest.mark.parametrize(
    ("name", "shape"), [("Identity", (2, 2, 2)), ("Orthogonal", (3,)), ("STFT", (3, 2, 4))]
)
def test_shapes_without_meaning_are_refused(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError):
        getattr(horn.initializers, name)()(shape)
