"""Model B: an LSTM that tells whether a sequence holds more small numbers than large ones.

python examples/sequences.py, or with HORN_BACKEND=jax, torch or tensorflow before it.
"""

from __future__ import annotations

import numpy as np

import horn as keras
from horn import layers

WORDS = 40


def build(backend: str | None = None) -> keras.Model:
    """Return the compiled network for sequences of integers below `WORDS`."""
    model = keras.Sequential(
        [
            layers.Embedding(WORDS, 16),
            layers.LSTM(24),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ],
        backend=backend,
    )
    model.compile(keras.optimizers.RMSprop(1e-3), "binary_crossentropy", metrics=["accuracy"])
    return model


def data(examples: int = 1600, length: int = 20, seed: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences, and whether more than half of each is below ``WORDS / 2``."""
    x = np.random.default_rng(seed).integers(0, WORDS, (examples, length)).astype("int32")
    return x, ((x < WORDS // 2).sum(1) > length // 2).astype("int32")


def main() -> None:
    """Train and print the accuracy on sequences that were held out."""
    keras.utils.set_random_seed(0)
    x, y = data()
    model = build()
    model.fit(x[:1400], y[:1400], batch_size=32, epochs=15)
    print(f"{model.evaluate(x[1400:], y[1400:], verbose=0)[1]:.2%} of the test sequences right")


if __name__ == "__main__":
    main()
