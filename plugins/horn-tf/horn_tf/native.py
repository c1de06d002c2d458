"""A Horn model as a `tf.Module` over the same variables, for loops written in TensorFlow."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from horn import contract
from horn.state.pure import Scope


class Module(tf.Module):
    """A module whose variables are the storages of a model's Variables.

    Args:
        model: A built Horn model on the backend ``"tensorflow"``.
    """

    def __init__(self, model: Any) -> None:
        super().__init__(name="horn_model")
        self._sources = model.variables
        self._storages = [variable.storage(model.backend) for variable in self._sources]
        self._run = model

    def __call__(self, *args: Any, training: bool = False) -> Any:
        """Return the outputs; a gradient tape reaches the variables."""
        values = [tf.convert_to_tensor(storage) for storage in self._storages]
        with contract.context(backend=self._run.backend), Scope(self._sources, values).active() as running:
            outputs = self._run(*args, training=training)
        for variable, storage in zip(self._sources, self._storages, strict=True):
            if id(variable) in running.assigned:
                storage.assign(running.values[id(variable)])
        return outputs


def module(model: Any) -> Module:
    """Return `model` as a `tf.Module` over the same variables: what one changes, the other sees.

    Args:
        model: A built Horn model whose backend is ``"tensorflow"``.

    Example:
        >>> import horn, tensorflow as tf
        >>> model = horn.Sequential([horn.Input((3,)), horn.layers.Dense(1)], backend="tensorflow")
        >>> net = module(model)
        >>> with tf.GradientTape() as tape:
        ...     loss = tf.reduce_sum(net(tf.ones((2, 3))))
        >>> len(tape.gradient(loss, net.trainable_variables))
        2
    """
    return Module(model)
