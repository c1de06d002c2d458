"""Model A: a convolutional network on handwritten digits.

    python examples/digits.py                      on NumPy
    HORN_BACKEND=jax python examples/digits.py     the same run on JAX

The same seed gives the same weights, shuffles and dropout masks on every backend, so the losses agree.
"""

from __future__ import annotations

import argparse
import time

import horn as keras
from horn import layers


def build(backend: str | None = None) -> keras.Model:
    """Return the compiled network for 8x8 images."""
    model = keras.Sequential(
        [
            keras.Input(shape=(8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.BatchNormalization(momentum=0.9),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.25),
            layers.Dense(10, activation="softmax"),
        ],
        backend=backend,
    )
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data() -> tuple:
    """Return training and test images, scaled to [0, 1], with their labels."""
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    return (x_train[..., None] / 16.0, y_train), (x_test[..., None] / 16.0, y_test)


def main() -> None:
    """Train once for each seed and print the accuracy on the test images."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many runs (3)")
    parser.add_argument("--epochs", type=int, default=12, help="epochs of each run (12)")
    arguments = parser.parse_args()
    train, test = data()
    begun, scores = time.perf_counter(), []
    for seed in range(arguments.seeds):
        keras.utils.set_random_seed(seed)
        model = build()
        model.fit(*train, batch_size=32, epochs=arguments.epochs, verbose=1 if seed == 0 else 0)
        scores.append(model.evaluate(*test, verbose=0)[1])
        print(f"seed {seed}: {scores[-1]:.2%} of the test images right")
    print(f"mean {sum(scores) / len(scores):.2%} in {time.perf_counter() - begun:.1f} s on {model.backend.name}")


if __name__ == "__main__":
    main()
