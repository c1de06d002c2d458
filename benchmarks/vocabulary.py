"""A workload in the vocabulary of Keras, which is Horn's too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workloads import RATES

if TYPE_CHECKING:
    from workloads import Layer, Workload


def build(keras: Any, workload: Workload) -> Any:
    """Return the compiled model of a workload, in Horn or in Keras."""
    inputs = keras.Input(workload.shape, dtype="int32" if workload.words else "float32")
    model = keras.Model(inputs, chain(keras, workload.layers, inputs, last=ENDS.get(workload.loss)))
    rate = RATES[workload.optimizer]
    optimizer = {
        "adam": lambda: keras.optimizers.Adam(rate),
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate),
    }[workload.optimizer]()
    loss = {
        "classes": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "binary": keras.losses.BinaryCrossentropy,
        "squares": keras.losses.MeanSquaredError,
    }[workload.loss]()
    model.compile(
        optimizer=optimizer, loss=loss, metrics=None if workload.loss == "squares" else ["accuracy"]
    )
    return model


def chain(keras: Any, layers: tuple[Layer, ...], x: Any, last: str | None = None) -> Any:
    """Return what the layers make of `x`; `last` is the activation of the last one."""
    for i, (kind, *arguments) in enumerate(layers):
        if kind == "residual":
            x = keras.layers.Add()([x, chain(keras, tuple(arguments), x)])
        elif kind == "attention":
            heads, width = arguments[0], x.shape[-1]
            x = keras.layers.MultiHeadAttention(heads, width // heads)(x, x)
        elif kind == "dense" and last and i == len(layers) - 1:
            x = keras.layers.Dense(arguments[0], activation=last)(x)
        else:
            x = LAYERS[kind](keras, *arguments)(x)
    return x


def positions(keras: Any) -> Any:
    """Return a layer that adds a learned vector to each place."""

    class Positions(keras.layers.Layer):
        def build(self, input_shape: tuple[Any, ...]) -> None:
            self.table = self.add_weight(
                shape=tuple(input_shape[1:]), initializer="glorot_uniform", name="table"
            )

        def call(self, inputs: Any) -> Any:
            return inputs + self.table

    return Positions()


ENDS = {"binary": "sigmoid"}
LAYERS = {
    "dense": lambda keras, units, activation: keras.layers.Dense(units, activation=activation),
    "conv": lambda keras, filters, padding, activation: keras.layers.Conv2D(
        filters, 3, padding=padding, activation=activation
    ),
    "pool": lambda keras: keras.layers.MaxPooling2D(),
    "flatten": lambda keras: keras.layers.Flatten(),
    "average": lambda keras: keras.layers.GlobalAveragePooling1D(),
    "dropout": lambda keras, rate: keras.layers.Dropout(rate),
    "embedding": lambda keras, words, size: keras.layers.Embedding(words, size),
    "positions": positions,
    "norm": lambda keras: keras.layers.LayerNormalization(),
    "lstm": lambda keras, units: keras.layers.LSTM(units),
    "gru": lambda keras, units: keras.layers.GRU(units, return_sequences=True),
    "repeat": lambda keras, times: keras.layers.RepeatVector(times),
}
