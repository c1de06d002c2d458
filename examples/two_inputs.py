"""Model C: two inputs, a shared layer, a nested model, a layer and a training step of one's own.

python examples/two_inputs.py, or with HORN_BACKEND=jax, torch or tensorflow before it.
"""

from __future__ import annotations

from typing import Any

import horn as keras
from horn import layers, ops


class Scale(layers.Layer):
    """One learned factor for each feature."""

    def build(self, input_shape: Any) -> None:
        """Make the factors."""
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, inputs: Any) -> Any:
        """Return the scaled inputs."""
        return inputs * self.factor


class Clipped(keras.Functional):
    """A model whose steps are never longer than 1: the gradient is scaled down if it is."""

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step; the same code serves every backend."""
        x, y = data

        def forward() -> Any:
            y_pred = self(x, training=True)
            return self.compute_loss(x, y, y_pred), y_pred

        variables = self.trainable_variables
        (loss, y_pred), grads = keras.value_and_grad(forward, variables, has_aux=True)()
        norm = ops.sqrt(sum(ops.sum(ops.square(g)) for g in grads) + 1e-12)
        factor = ops.minimum(1.0, 1.0 / norm)
        self.optimizer.apply([g * factor for g in grads], variables)
        return {**self._track(loss, x, y, y_pred, None), "norm": norm}


def build(backend: str | None = None) -> keras.Model:
    """Return the compiled network for the upper and the lower half of 8x8 images."""
    upper, lower = keras.Input((32,), name="upper"), keras.Input((32,), name="lower")
    shared = layers.Dense(32, activation="relu")
    features = keras.Input((64,))
    hidden = layers.Dropout(0.2)(layers.Dense(48, activation="tanh")(Scale()(features)))
    nested = keras.Model(features, hidden)
    both = nested(layers.concatenate([shared(upper), shared(lower)]))
    model = Clipped([upper, lower], layers.Dense(10, activation="softmax")(both * 2.0), backend=backend)
    model.compile(keras.optimizers.Adam(1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data() -> tuple:
    """Return training and test digits, each cut into its upper and lower half."""
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    return (_halves(x_train), y_train), (_halves(x_test), y_test)


def _halves(images: Any) -> dict[str, Any]:
    flat = images.reshape(len(images), 64) / 16.0
    return {"upper": flat[:, :32], "lower": flat[:, 32:]}


def main() -> None:
    """Train and print the accuracy on the test images."""
    keras.utils.set_random_seed(0)
    train, test = data()
    model = build()
    model.fit(*train, batch_size=32, epochs=15)
    print(f"{model.evaluate(*test, verbose=0)[1]:.2%} of the test images right")


if __name__ == "__main__":
    main()
