"""The five programs that introduced Keras in 2015, in today's words, on random data of their shapes.

python examples/first_five.py                     all five, small
python examples/first_five.py vgg --steps 50      one of them, for fifty batches
HORN_BACKEND=torch python examples/first_five.py
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import horn as keras
from horn import layers


def descent() -> keras.optimizers.SGD:
    """Return the optimizer that the programs shared: a rate of 0.1 that slowly decays, with momentum."""
    rate = keras.optimizers.schedules.InverseTimeDecay(0.1, decay_steps=1, decay_rate=1e-6)
    return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True)


def mlp(separate: bool = True) -> keras.Model:
    """Return a network of two hidden layers; `separate` gives each activation a layer of its own."""
    uniform = keras.initializers.RandomUniform(-0.05, 0.05)

    def dense(units: int, activation: str) -> list[Any]:
        if separate:
            return [layers.Dense(units, kernel_initializer=uniform), layers.Activation(activation)]
        return [layers.Dense(units, activation=activation, kernel_initializer=uniform)]

    hidden = [*dense(64, "tanh"), layers.Dropout(0.5), *dense(64, "tanh"), layers.Dropout(0.5)]
    model = keras.Sequential([keras.Input((20,)), *hidden, *dense(2, "softmax")])
    model.compile(descent(), "mean_squared_error")
    return model


def pair(filters: int, first: str = "full") -> list[Any]:
    """Return two convolutions and a pooling layer, channels first."""
    return [
        layers.Conv2D(filters, 3, padding=first, activation="relu", data_format="channels_first"),
        layers.Conv2D(filters, 3, activation="relu", data_format="channels_first"),
        layers.MaxPooling2D(2, data_format="channels_first"),
    ]


def vgg() -> keras.Model:
    """Return a small network in the manner of VGG, for images of 3x32x32."""
    parts: list[Any] = [keras.Input((3, 32, 32))]
    for filters in (32, 64):
        parts += [*pair(filters), layers.Dropout(0.25)]
    parts += [layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dropout(0.5)]
    model = keras.Sequential([*parts, layers.Dense(10, activation="softmax")])
    model.compile(descent(), "categorical_crossentropy")
    return model


def sequence(words: int = 1000) -> keras.Model:
    """Return a classifier of sequences of word numbers."""
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(words, 256),
            layers.LSTM(128, activation="sigmoid", recurrent_activation="hard_sigmoid"),
            layers.Dropout(0.5),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", "binary_crossentropy")
    return model


def captions() -> keras.Model:
    """Return a network from images to sixteen word vectors: a convnet, then a recurrent layer."""
    parts: list[Any] = [keras.Input((3, 48, 48))]
    for filters in (32, 64, 128):
        parts += pair(filters)
    parts += [layers.Flatten(), layers.Dense(256, activation="relu"), layers.Dropout(0.5), layers.RepeatVector(16)]
    model = keras.Sequential([*parts, layers.GRU(256, return_sequences=True)])
    model.compile("rmsprop", "mean_squared_error")
    return model


PROGRAMS = {
    "mlp": (mlp, (20,), (2,), 16),
    "mlp_short": (lambda: mlp(separate=False), (20,), (2,), 16),
    "vgg": (vgg, (3, 32, 32), (10,), 32),
    "sequence": (sequence, (60,), (1,), 16),
    "captions": (captions, (3, 48, 48), (16, 256), 16),
}
"""What builds each, the shapes of an example and of its target, and the size of a batch."""


def data(name: str, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random examples for a number of batches, with targets that depend on them."""
    _, shape, target, batch = PROGRAMS[name]
    rng, count = np.random.default_rng(0), steps * batch
    if name == "sequence":
        x = rng.integers(1, 1000, (count, *shape)).astype("int32")
        return x, (x[:, -1:] < 500).astype("float32")
    x = rng.normal(size=(count, *shape)).astype("float32")
    if name == "captions":
        return x, rng.uniform(-0.5, 0.5, (count, *target)).astype("float32")
    classes = np.argmax(x.reshape(count, -1)[:, : target[0]], axis=1)
    return x, np.eye(target[0], dtype="float32")[classes]


def main() -> None:
    """Train the programs that were asked for and print what `evaluate` says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("programs", nargs="*", default=list(PROGRAMS), choices=PROGRAMS, metavar="program")
    parser.add_argument("--steps", type=int, default=4, help="batches of an epoch (4)")
    parser.add_argument("--epochs", type=int, default=2, help="epochs (2)")
    arguments = parser.parse_args()
    for name in arguments.programs:
        keras.utils.set_random_seed(0)
        build, _, _, batch = PROGRAMS[name]
        x, y = data(name, arguments.steps)
        model = build()
        model.fit(x, y, batch_size=batch, epochs=arguments.epochs, verbose=2)
        print(f"{name}: score {model.evaluate(x, y, batch_size=batch, verbose=0):.4f} on {model.backend.name}")


if __name__ == "__main__":
    main()
