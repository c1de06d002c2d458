"""Arguments that are each right and do not go together, and inputs that do not fit, are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import horn
from horn import (
    callbacks,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    regularizers,
)
from horn.errors import HornError
from horn.optimizers import schedules

from .wrong_values import NAN

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE, SEQUENCE, ROWS = (np.ones(shape, "float32") for shape in ((2, 6, 6, 4), (2, 6, 4), (2, 4)))
THREE, FOUR = np.ones((2, 3), "float32"), np.ones((4, 3), "float32")

MADE: dict[str, Callable[[], Any]] = {
    "filters that groups do not divide": lambda: layers.Conv2D(3, 2, groups=2),
    "causal padding of images": lambda: layers.Conv2D(4, 2, padding="causal"),
    "output padding of a stride": lambda: layers.Conv2DTranspose(4, 2, strides=2, output_padding=2),
    "a least norm above the largest": lambda: constraints.MinMaxNorm(2.0, 1.0),
    "a least norm that is none": lambda: constraints.MinMaxNorm("a", 1.0),
    "bounds in the wrong order": lambda: initializers.RandomUniform(1.0, -1.0),
    "heads that do not divide": lambda: layers.GroupedQueryAttention(4, 3, 2),
    "vectors of another shape": lambda: layers.Embedding(4, 3, weights=np.ones((2, 2))),
    "a bias of no output": lambda: layers.EinsumDense("ab,bc->ac", output_shape=3, bias_axes="b"),
    "no cells": lambda: layers.StackedRNNCells([]),
    "two ways ahead": lambda: layers.Bidirectional(layers.LSTM(2), backward_layer=layers.LSTM(2)),
    "labels without looking at them": lambda: metrics.AUC(num_labels=2),
    "one threshold of a curve": lambda: metrics.AUC(num_thresholds=1),
    "no thresholds": lambda: metrics.Precision(thresholds=[]),
    "a class that there is not": lambda: metrics.IoU(2, [5]),
    "two ways to clip": lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0),
    "as many values as boundaries": lambda: schedules.PiecewiseConstantDecay([1, 2], [1.0, 0.5]),
    "boundaries in the wrong order": lambda: schedules.PiecewiseConstantDecay([2, 1], [1.0, 0.5, 0.1]),
    "a rate that never falls": lambda: callbacks.ReduceLROnPlateau(factor=1.0),
    "weights in a file of models": lambda: callbacks.ModelCheckpoint("a.keras", save_weights_only=True),
    "a first value that is none": lambda: callbacks.ModelCheckpoint(
        "a.weights.h5", save_weights_only=True, initial_value_threshold=NAN
    ),
    "axes of inputs alone": lambda: initializers.GlorotUniform(input_axes=[0]),
    "axes that are none": lambda: initializers.GlorotUniform(input_axes=[0.5], output_axes=[1]),
    "two layers of a name": lambda: horn.Sequential([layers.Dense(1, name="a"), layers.Dense(1, name="a")]),
    "a configuration of another class": lambda: layers.Dense.from_config({"units": 3, "colour": 1}),
}

CALLED: dict[str, Callable[[], Any]] = {
    "channels that groups do not divide": lambda: layers.Conv2D(6, 2, groups=3)(IMAGE),
    "a kernel larger than the image": lambda: layers.Conv2D(4, 9)(IMAGE),
    "a window larger than the image": lambda: layers.MaxPooling2D(9)(IMAGE),
    "nothing left": lambda: layers.Cropping2D(3)(IMAGE),
    **{
        f"an axis that there is not, of {made.__name__}": lambda made=made: made(axis=7)(ROWS)
        for made in (
            layers.BatchNormalization, layers.LayerNormalization, layers.RMSNormalization,
            layers.UnitNormalization, layers.Softmax,
        )
    },
    "an axis twice": lambda: layers.LayerNormalization(axis=[1, 1])(ROWS),
    "an axis of groups that there is not": lambda: layers.GroupNormalization(2, axis=5)(ROWS),
    "groups that do not divide": lambda: layers.GroupNormalization(3)(ROWS),
    "an axis to join that there is not": lambda: layers.Concatenate(axis=5)([ROWS, ROWS]),
    "an axis to multiply that there is not": lambda: layers.Dot(axes=5)([SEQUENCE, SEQUENCE]),
    "more axes than there are": lambda: layers.Permute((2, 1))(ROWS),
    "another number of elements": lambda: layers.Reshape((3, 3))(ROWS),
    "rows that are sequences": lambda: layers.RepeatVector(2)(SEQUENCE),
    "shapes that do not broadcast": lambda: layers.Add()([ROWS, THREE]),
    "three to subtract": lambda: layers.Subtract()([ROWS, ROWS, ROWS]),
    "an axis of attention that there is not": lambda: layers.MultiHeadAttention(2, 3, attention_axes=7)(
        SEQUENCE, SEQUENCE
    ),
    "attention to nothing": lambda: layers.Attention()(ROWS),
    "letters without sizes": lambda: layers.EinsumDense("ab,bc->ac", output_shape=(3, 4))(ROWS),
    "letters without axes": lambda: layers.EinsumDense("ab,bc->ac", output_shape=3)(SEQUENCE),
    "a shared axis that there is not": lambda: layers.PReLU(shared_axes=[5])(ROWS),
    "channels without steps": lambda: layers.SpatialDropout1D(0.5)(ROWS, training=True),
    "a mask that does not stretch": lambda: layers.Dropout(0.5, noise_shape=(3, 3))(ROWS, training=True),
    "rows for a sequence": lambda: layers.LSTM(3)(ROWS),
    "no steps": lambda: layers.TimeDistributed(layers.Dense(2))(np.ones(2, "float32")),
    "ways of two sizes to add": lambda: layers.Bidirectional(
        layers.LSTM(2), merge_mode="sum", backward_layer=layers.LSTM(3, go_backwards=True)
    )(SEQUENCE),
    "no batch": lambda: layers.Dense(2)(np.ones(3, "float32")),
    "a word": lambda: layers.Dense(2)("abc"),
    "an object": lambda: layers.Dense(2)(object()),
    "no image": lambda: layers.GlobalAveragePooling2D()(ROWS),
    "no image to pad": lambda: layers.ZeroPadding2D()(ROWS),
    "targets of another shape": lambda: losses.MeanSquaredError()(THREE, FOUR),
    "another number of classes": lambda: losses.CategoricalCrossentropy()(THREE, ROWS),
    "an axis of classes that there is not": lambda: losses.CategoricalCrossentropy(axis=5)(THREE, THREE),
    "weights of other examples": lambda: losses.MeanSquaredError()(THREE, THREE, sample_weight=np.ones(5)),
    "targets of another shape, measured": lambda: metrics.MeanSquaredError()(THREE, FOUR),
    "a fan of axes that there are not": lambda: initializers.GlorotUniform(input_axes=[5], output_axes=[1])((3, 3)),
    "a fan of one axis twice": lambda: initializers.GlorotUniform(input_axes=[0], output_axes=[-2])((3, 3)),
    "a vector to be orthogonal": lambda: initializers.Orthogonal()((3,)),
    "a vector to be the identity": lambda: initializers.Identity()((3,)),
    "a norm along an axis that there is not": lambda: constraints.MaxNorm(1.0, axis=4)(np.ones((2, 2))),
    "a vector to be orthogonal, penalised": lambda: regularizers.OrthogonalRegularizer()(np.ones(2)),
}  # fmt: skip


@pytest.mark.parametrize("what", [*MADE, *CALLED])
def test_what_does_not_go_together_is_refused(what: str) -> None:
    with pytest.raises(HornError) as caught, horn.use_backend("numpy"):
        {**MADE, **CALLED}[what]()
    error = caught.value
    assert all((error.what, error.expected, error.got, error.remedy))
