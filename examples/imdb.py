"""Reviews of films, told apart by an LSTM: 25,000 to learn from and 25,000 to test on.

    python examples/imdb.py FOLDER          with train.jsonl.gz and test.jsonl.gz, one review a line

Each line is a JSON object with the text and the label (1 for praise).
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import time
from collections import Counter
from pathlib import Path

import numpy as np

import horn as keras
from horn import layers

WORDS, LENGTH = 5000, 120


def read(path: Path) -> tuple[list[list[str]], np.ndarray]:
    """Return the words of each review of a file, and its label."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    texts = [re.findall(r"[a-z']+", row["text"].replace("<br />", " ").lower()) for row in rows]
    return texts, np.array([row["label"] for row in rows], "int32")


def data(folder: Path) -> tuple:
    """Return numbers of the commonest words, the last `LENGTH` of each review; 0 stands for no word."""
    (train, y_train), (test, y_test) = read(folder / "train.jsonl.gz"), read(folder / "test.jsonl.gz")
    common = Counter(word for text in train for word in text).most_common(WORDS - 2)
    number = {word: i + 2 for i, (word, _) in enumerate(common)}

    def rows(texts: list[list[str]]) -> np.ndarray:
        x = np.zeros((len(texts), LENGTH), "int32")
        for row, text in zip(x, texts, strict=True):
            found = [number.get(word, 1) for word in text[-LENGTH:]]
            row[LENGTH - len(found) :] = found
        return x

    order = np.random.default_rng(0).permutation(len(train))  # the files are sorted by label
    return (rows(train)[order], y_train[order]), (rows(test), y_test)


def build() -> keras.Model:
    """Return the compiled network."""
    model = keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32"),
            layers.Embedding(WORDS, 64),
            layers.LSTM(64),
            layers.Dropout(0.5),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(keras.optimizers.RMSprop(2e-3), "binary_crossentropy", metrics=["accuracy"])
    return model


def main() -> None:
    """Train and print the accuracy on the test reviews."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the two files are")
    parser.add_argument("--epochs", type=int, default=4, help="how many epochs (4)")
    arguments = parser.parse_args()
    train, test = data(arguments.folder)
    keras.utils.set_random_seed(0)
    model = build()
    begun = time.perf_counter()
    model.fit(*train, batch_size=64, epochs=arguments.epochs)
    accuracy = model.evaluate(*test, batch_size=256, verbose=0)[1]
    print(f"{accuracy:.2%} of the test reviews right after {time.perf_counter() - begun:.0f} s on {model.backend.name}")


if __name__ == "__main__":
    main()
