"""`Model`: a layer that trains, and the boundary at which its backend is entered."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from horn import contract, tree
from horn.api.bounds import about, flag
from horn.api.callbacks.callback import History
from horn.api.callbacks.callback_list import CallbackList
from horn.api.layers.layer import Layer
from horn.api.models import class_weights, data as data_page, sources, summary
from horn.api.models.arguments import check_fit, check_steps, is_due
from horn.api.models.batches import check_walkable
from horn.api.models.loop import Epochs, collect, function_for, nothing_to, say_used_up, tell
from horn.api.models.orders import Shuffle
from horn.api.models.profile import Profile, Unmeasured
from horn.api.models.trainer import Trainer
from horn.api.saving import weights
from horn.engine.step import BATCH, output_specs
from horn.errors import ArgumentError, DataError, UnknownSizeError
from horn.spec.graph import KerasTensor, spec_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike

    from horn.api.callbacks.callback import Callback


class Model(Trainer, Layer):
    """A layer that can be trained. Subclass it and write `call`, or name inputs and outputs.

    Args:
        inputs: Symbolic tensors from `Input`, as a tree; only for a functional model.
        outputs: What layers made of them, as a tree.
        backend: A name; by default the one that is current when the model is first used.
        **kwargs: Those of `Layer`.

    Example:
        >>> class Double(Model):
        ...     def call(self, inputs):
        ...         return inputs * 2
        >>> Double(backend="numpy").predict(np.ones((1, 2), "float32"), verbose=0)
        array([[2., 2.]], dtype=float32)
    """

    _not_configured = ("dtype", "backend")

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        """Return a functional model where `Model` itself is given inputs and outputs."""
        if cls is Model and (len(args) >= 2 or "inputs" in kwargs):
            return object.__new__(Model.functional_class)
        return object.__new__(cls)

    functional_class: type[Model]

    def __init__(self, *, backend: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._backend: contract.Backend | None = None if backend is None else contract.load(backend)
        self._init_training()

    # -- the boundary --------------------------------------------------------------------------

    @property
    def backend(self) -> contract.Backend:
        """Where the model runs; fixed by the first use."""
        if self._backend is None:
            self._backend = contract.current_backend()
        return self._backend

    @property
    def layers(self) -> list[Layer]:
        """The layers directly inside of the model."""
        return self.sublayers()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer of that name, or at that place in `layers`."""
        if (name is None) == (index is None):
            raise ArgumentError(
                "get_layer needs a name or an index.",
                expected="one of the two",
                got="none" if name is None else "both",
                remedy="write get_layer('dense') or get_layer(index=0)",
            )
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise ArgumentError(
                    f"The model {self.name!r} has no layer at {index}.",
                    expected=f"an index below {len(self.layers)}",
                    got=str(index),
                    remedy="see model.layers",
                )
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise ArgumentError(
            f"The model {self.name!r} has no layer {name!r}.",
            expected=f"one of {', '.join(layer.name for layer in self.layers)}",
            got=repr(name),
            remedy="see model.layers",
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs on the model's backend; arrays are converted once, here."""
        if any(isinstance(leaf, KerasTensor) for leaf in tree.flatten((args, kwargs))):
            return super().__call__(*args, **kwargs)
        if contract.get_context().trace is not None:
            return super().__call__(*args, **kwargs)
        backend = self.backend
        with contract.context(backend=backend):
            args = tree.map_structure(lambda leaf: _enter(leaf, backend), args)
            return super().__call__(*args, **kwargs)

    def to_backend(self, backend: str) -> Model:
        """Return a copy of the model on another backend: weights, optimizer slots and counters."""
        twin = copy.deepcopy(self)
        twin._backend = contract.load(backend)
        return twin

    def ensure_built(self, batch: Any) -> None:
        """Make the weights for inputs like those of a batch, if there are none yet."""
        if not self.built:
            x = data_page.unpack(batch)[0]
            known = tree.map_structure(spec_of, x)
            specs = tree.map_structure(lambda spec: spec.with_shape((BATCH, *spec.shape[1:])), known)
            with contract.context(backend=self.backend):
                try:
                    output_specs(lambda values: self(values), specs)  # noqa: PLW0108  (through __call__)
                except UnknownSizeError:  # code that has to know how many examples there are
                    output_specs(lambda values: self(values), known)  # noqa: PLW0108

    # -- fit, evaluate, predict ----------------------------------------------------------------

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: list[Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: dict[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        *,
        profile: bool = False,
    ) -> History:
        """Train for a number of epochs and return the figures of each.

        Args:
            x: Arrays, tensors, tables or lists, a tree of them; or an iterable of batches ``(x, y)``: a
                `PyDataset`, a generator, a ``tf.data.Dataset``, a PyTorch ``DataLoader``. Batches of
                arrays that lie on a disk (`np.memmap`) are read when their turn comes; a source that is
                slow is read a little ahead, in a thread of its own.
            y: Targets, unless the iterable yields them.
            batch_size: How many examples a step takes; default 32.
            epochs: The number of the last epoch.
            verbose: 0 for silence, 1 for a bar, 2 for one line an epoch, ``"auto"`` for a bar.
            callbacks: Told about everything.
            validation_split: The share of the last examples to hold out, before any shuffling; without
                effect beside `validation_data`.
            validation_data: ``(x, y)`` or ``(x, y, sample_weight)`` to evaluate on after epochs, or
                an iterable of such batches.
            shuffle: Whether each epoch has its own random order, the same on every backend; with
                ``"batch"``, only the batches change places, so that a disk is read in stretches. Of
                iterables, only a `PyDataset` has an order.
            class_weight: The number of a class to the factor of its examples, 1 for any other class.
            sample_weight: One factor for each example.
            initial_epoch: The number of the first epoch.
            steps_per_epoch: How many batches make an epoch; the next one goes on from there, and is
                shorter where the data end.
            validation_steps: How many batches to validate on, from the first.
            validation_batch_size: Default: `batch_size`.
            validation_freq: After how many epochs to validate, or a list of the numbers of epochs,
                counted from 1.
            profile: Whether to measure where the time goes, and to print that with advice at the end;
                the figures are in ``history.profile``. Waiting for each dispatch slows it a little.

        Raises:
            ArgumentError: The model is not compiled, or an argument means nothing.
            DataError: The data cannot be trained on; nothing has changed.
        """
        self._need_compile("fit")
        check_fit(
            epochs, initial_epoch, shuffle, validation_split, validation_freq, steps_per_epoch=steps_per_epoch,
            validation_steps=validation_steps, validation_batch_size=validation_batch_size,
        )  # fmt: skip
        factors = class_weights.checked(class_weight, self, x, y, sample_weight)
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = sources.split(x, y, sample_weight, validation_split)
        data = sources.make(x, y, sample_weight, batch_size, steps_per_epoch, goes_on=True, class_weight=factors)
        history = History()
        told = tell(self, data, callbacks, verbose, epochs=epochs, last=[history])
        measured = Profile() if flag("fit", "profile", profile) else Unmeasured()
        training = Epochs(self, "train", data, told, measured)
        training.prepare()
        with about("fit", "validation_data"):
            testing = self._validation(validation_data, validation_batch_size or batch_size, validation_steps, told)
        if testing is not None:
            due = (epoch for epoch in range(initial_epoch, epochs) if is_due(epoch, validation_freq))
            check_walkable(testing.data, due)
        self._stop, self._validates = False, testing is not None
        self.history = history
        with measured.whole(training, history), told.until_exit():
            told.call("on_train_begin", {})
            logs: dict[str, float] = {}
            for epoch in range(initial_epoch, epochs):
                self.reset_metrics()
                with measured.span("callbacks"):
                    told.call("on_epoch_begin", epoch, {})
                with measured.span("data"):
                    order = self._order(data, shuffle=shuffle)
                if not training.run(order):
                    break
                logs = training.logs()
                if testing is not None and is_due(epoch, validation_freq):
                    with measured.span("validation"):
                        logs.update({f"val_{name}": value for name, value in self._test(testing).items()})
                with measured.span("callbacks"):
                    told.call("on_epoch_end", epoch, logs)
                if self._stop:
                    break
            if self.optimizer is not None and training.results is not None:
                self.optimizer.finalize_variable_values(self.trainable_variables)
            told.call("on_train_end", logs)
        if training.results is None and initial_epoch < epochs:
            say_used_up(len(history.epoch))
        return history

    def _validation(self, given: Any, batch_size: int | None, steps: int | None, told: CallbackList) -> Epochs | None:
        """Return what evaluates after epochs, with its data checked, or None."""
        if given is None:
            return None
        given = tuple(given) if isinstance(given, list) else given
        if isinstance(given, tuple) and len(given) not in (2, 3):
            raise ArgumentError(
                "fit was given validation data in a form that it does not know.",
                expected="(x, y), (x, y, sample_weight), or an iterable of batches",
                got=f"a tuple of {len(given)}",
                remedy="pass validation_data=(x, y)",
            )
        x, y, sample_weight = data_page.unpack(given)
        testing = Epochs(self, "test", sources.make(x, y, sample_weight, batch_size, steps), told)
        testing.prepare()
        return testing

    def _test(self, testing: Epochs) -> dict[str, float]:
        """Evaluate and return the figures."""
        self.reset_metrics()
        testing.callbacks.call("on_test_begin", {})
        if not testing.run():
            raise nothing_to("evaluate")
        logs = testing.logs()
        testing.callbacks.call("on_test_end", logs)
        return logs

    def _order(self, data: Any, *, shuffle: bool | str) -> Any:
        """Return the rows of an epoch of arrays; let other data draw their own order, if they have one."""
        drawn = Shuffle(self._orders, by_batch=shuffle == "batch") if shuffle else None
        if isinstance(data, data_page.ArrayData):
            return data.epoch(drawn)
        data.shuffle = drawn
        return None

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: list[Callback] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss and the metrics on data, without training.

        Args:
            x: As for `fit`.
            y: As for `fit`.
            batch_size: Default 32.
            verbose: As for `fit`.
            sample_weight: As for `fit`.
            steps: How many batches to take; default all.
            callbacks: Told about everything.
            return_dict: Whether to return figures by name.

        Returns:
            One number if there is only the loss, else a list, or with `return_dict` a dictionary.

        Raises:
            ArgumentError: The model is not compiled, or an argument means nothing.
            DataError: The data do not fit.
        """
        self._need_compile("evaluate")
        check_steps("evaluate", steps=steps)
        flag("evaluate", "return_dict", return_dict)
        data = sources.make(x, y, sample_weight, batch_size, steps)
        told = tell(self, data, callbacks, verbose)
        testing = Epochs(self, "test", data, told)
        testing.prepare()
        with told.until_exit():
            logs = self._test(testing)
        if return_dict:
            return logs
        return next(iter(logs.values())) if len(logs) == 1 else list(logs.values())

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: list[Callback] | None = None,
    ) -> Any:
        """Return the outputs for all examples as NumPy arrays.

        Args:
            x: Arrays, a tree of them, or an iterable of batches.
            batch_size: Default 32.
            verbose: As for `fit`.
            steps: How many batches to take; default all.
            callbacks: Told about everything.

        Raises:
            ArgumentError: An argument means nothing.
            DataError: The data do not fit.
        """
        check_steps("predict", steps=steps)
        data = sources.make(x, None, None, batch_size, steps)
        if verbose == 0 and callbacks is None and isinstance(data, data_page.ArrayData) and data.count == 1:
            # Nothing to loop over, and nobody to tell. Copies share no memory, whatever the model returned.
            outputs = function_for(self, "predict", data).once(data.leaves)
            return tree.map_structure(lambda leaf: np.array(self.backend.to_numpy(leaf)), outputs)
        told = tell(self, data, callbacks, verbose)
        running = Epochs(self, "predict", data, told)
        running.prepare()
        parts: list[Any] = []
        with told.until_exit():
            told.call("on_predict_begin", {})
            running.run(on_results=lambda results: parts.append(tree.map_structure(self.backend.to_numpy, results)))
            told.call("on_predict_end", {})
        return collect(parts)

    # -- one batch -----------------------------------------------------------------------------

    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """Take one step on one batch and return its figures."""
        self._need_compile("train_on_batch")
        batch = data_page.pack(x, y, sample_weight)
        factors = class_weights.checked(class_weight, self, x, y, sample_weight)
        if factors is not None:
            batch = class_weights.weigh(data_page.narrow(batch), factors)
        return self._on_batch("train", batch, return_dict=return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Return the figures of one batch, without training."""
        self._need_compile("test_on_batch")
        return self._on_batch("test", data_page.pack(x, y, sample_weight), return_dict=return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """Return the outputs for one batch as NumPy arrays."""
        batch = data_page.narrow(data_page.pack(x))
        outputs = self._functions.get("predict", batch).once(tree.flatten(batch))
        return tree.map_structure(self.backend.to_numpy, outputs)

    def _on_batch(self, phase: str, batch: Any, *, return_dict: bool) -> Any:
        flag(f"{phase}_on_batch", "return_dict", return_dict)
        shape = spec_of(tree.flatten(batch)[0]).shape
        if not shape:
            raise DataError(
                f"{phase}_on_batch was given an x that is no batch.",
                expected="x with an axis of examples",
                got="a scalar",
                remedy="pass arrays of shape (examples, ...)",
            )
        data = data_page.ArrayData(batch, int(shape[0]))
        running = Epochs(self, phase, data, CallbackList())
        running.prepare()
        self.reset_metrics()
        running.run()
        logs = running.logs()
        if return_dict:
            return logs
        return next(iter(logs.values())) if len(logs) == 1 else list(logs.values())

    # -- files ---------------------------------------------------------------------------------

    def save_weights(self, filepath: str | PathLike[str], overwrite: bool = True) -> None:
        """Write the weights, and the optimizer's state if there is one, to a file that Keras 3 reads.

        The file is written under another name and takes this one when it is whole, so the old
        file is there until the new one is. Checksums guard its contents.

        Args:
            filepath: Ends in ``.weights.h5``.
            overwrite: Whether the file may take the place of another.

        Raises:
            ArgumentError: The path ends otherwise, the file exists, or there are no weights yet.
            SavedModelError: A weight has a dtype without a place in such files (bfloat16), or the
                file cannot be written.
        """
        weights.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath: str | PathLike[str], *, allow_nonfinite: bool = False) -> None:
        """Take the weights from a file that `save_weights` or Keras 3 wrote for such a model.

        The whole file is checked first, and on an error nothing has changed. An interrupt that
        comes when the check is over waits until all weights are there. The optimizer's state is
        taken too if the file has it for this optimizer.

        Args:
            filepath: Ends in ``.weights.h5``.
            allow_nonfinite: Whether to take weights that are NaN or infinite.

        Raises:
            ArgumentError: The path ends otherwise, or the model has no weights yet.
            SavedModelError: There is no such file, it is damaged, or it does not fit the model.
        """
        weights.load_weights(self, filepath, allow_nonfinite=allow_nonfinite)

    # -- what it is made of --------------------------------------------------------------------

    @property
    def input_specs(self) -> Any:
        """The shapes and dtypes of the inputs, as a tree of `TensorSpec`; None while nobody knows them."""
        return tree.map_structure(lambda spec: spec.with_shape((BATCH, *spec.shape[1:])), self._built_on)

    def summary(
        self,
        line_length: int | None = None,
        positions: list[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: tuple[str, str] | None = None,
    ) -> None:
        """Print the layers, with the shapes of their outputs, their parameters and their operations.

        Args:
            line_length: The width; by default that of the terminal, at most 100.
            positions: Where the columns end, as shares of the width.
            print_fn: Called with the text; default `print`.
            expand_nested: Whether to show the layers within layers.
            show_trainable: Whether to say which layers optimizers change.
            layer_range: Two regular expressions for the names of the first and the last layer to show.

        Raises:
            ArgumentError: The shape of the inputs is not known yet, or `layer_range` fits no layer.
        """
        table = summary.Table(self, expand_nested=expand_nested, layer_range=layer_range)
        (print_fn or print)(table.text(line_length, positions, show_trainable=show_trainable))

    def _repr_html_(self) -> str | None:
        """Return the summary for notebooks, where the shape of the inputs is known."""
        return None if self.input_specs is None else summary.Table(self).html()

    def _need_compile(self, method: str) -> None:
        if not self.compiled:
            raise ArgumentError(
                f"{method} was called on the model {self.name!r} before compile.",
                expected="compile(optimizer=..., loss=...) first",
                got="a model that is not compiled",
                remedy="call model.compile(optimizer='adam', loss=...)",
            )


def _enter(leaf: Any, backend: contract.Backend) -> Any:
    """Return a neutral leaf as a tensor of the backend; others, and what is no array, stay."""
    if isinstance(leaf, np.ndarray | np.generic):
        return backend.asarray(data_page.to_host(np.asarray(leaf)))
    return leaf
