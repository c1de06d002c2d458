"""A dense or a convolutional network on MNIST, 60,000 handwritten digits of 28x28 pixels.

python examples/mnist.py                            downloads MNIST once (11 MB)
python examples/mnist.py --path FOLDER              takes the four original files from a folder
python examples/mnist.py --convnet                  convolutions: slower, and righter
HORN_BACKEND=torch python examples/mnist.py         the same run on PyTorch
"""

from __future__ import annotations

import argparse
import time

import horn as keras
from horn import layers


def dense() -> list:
    """Return the layers of the dense network."""
    hidden = [layers.Dense(512, activation="relu"), layers.Dropout(0.2)]
    return [layers.Flatten(), *hidden, layers.Dense(512, activation="relu"), layers.Dropout(0.2), layers.Dense(10)]


def convolutional() -> list:
    """Return the layers of the convolutional network."""
    return [
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(128, activation="relu"),
        layers.Dropout(0.3),
        layers.Dense(10),
    ]


def build(parts: list, backend: str | None = None) -> keras.Model:
    """Return the compiled network of some layers."""
    model = keras.Sequential([keras.Input(shape=(28, 28, 1)), *parts], backend=backend)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    return model


def main() -> None:
    """Train and print the accuracy on the test images."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=8, help="how many epochs (8)")
    parser.add_argument("--convnet", action="store_true", help="train the convolutional network")
    parser.add_argument("--path", help="a folder with the files of MNIST")
    arguments = parser.parse_args()
    (x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data(arguments.path)
    keras.utils.set_random_seed(0)
    model = build(convolutional() if arguments.convnet else dense())
    begun = time.perf_counter()
    model.fit(x_train[..., None] / 255.0, y_train, batch_size=128, epochs=arguments.epochs)
    accuracy = model.evaluate(x_test[..., None] / 255.0, y_test, verbose=0)[1]
    print(f"{accuracy:.2%} of the test images right after {time.perf_counter() - begun:.0f} s on {model.backend.name}")


if __name__ == "__main__":
    main()
