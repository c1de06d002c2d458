"""`Trainer`: what a step of training, testing and predicting is; a model overrides what it needs.

The steps are stateful code in ops. `functions` traces each once for a kind of batch and compiles
it, or runs it eagerly where it cannot be traced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from horn import tree
from horn.api import metrics as metric_page
from horn.api.bounds import flag, whole
from horn.api.layers import masks
from horn.api.models.data import unpack
from horn.api.models.functions import Functions
from horn.api.models.objectives import Objectives
from horn.api.models.orders import Orders
from horn.api.optimizers import names
from horn.api.optimizers.scaling import LossScaleOptimizer
from horn.engine.gradients import value_and_grad
from horn.errors import ArgumentError
from horn.spec import ops
from horn.spec.graph import spec_of
from horn.state.variable import Variable

if TYPE_CHECKING:
    from horn.api.metrics import Metric


class Trainer:
    """The part of a model that trains.

    Attributes:
        optimizer: What `train_step` applies gradients with.
        compiled: Whether `compile` has been called.
        jit_compile: What `compile` was told; None to decide by the layers.
    """

    compiled = False
    optimizer: Any = None
    jit_compile: bool | None = None

    if TYPE_CHECKING:

        @property
        def trainable_variables(self) -> list[Variable]:
            """The weights that optimizers change; a `Layer` brings them."""
            ...

    def _init_training(self) -> None:
        self._counters = {
            phase: Variable(np.int32(0), trainable=False, name=f"{phase}_steps") for phase in ("train", "other")
        }
        self._orders = Orders()
        self._functions = Functions(self)
        self._loss_tracker = metric_page.Mean("loss")
        self._objectives = Objectives(None, None, None, None, None)
        self._stop = False

    @property
    def stop_training(self) -> bool:
        """Whether `fit` ends after this epoch; a callback sets it."""
        return self._stop

    @stop_training.setter
    def stop_training(self, value: bool) -> None:
        self._stop = bool(value)

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int | str = "auto",
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how the model is trained; names are checked here and now.

        Args:
            optimizer: A name or an `Optimizer`.
            loss: A name, a function or a `Loss`; for several outputs a list of them, or a dictionary
                by the names of the outputs.
            loss_weights: A factor for each of several losses, in the same form.
            metrics: A list of names, functions or `Metric` objects; for several outputs a list of
                them for each, or a dictionary.
            weighted_metrics: The same, for metrics that are given the weights of the examples.
            run_eagerly: Whether to run steps op by op, so that they can print and be debugged.
            steps_per_execution: How many steps to run in one dispatch; ``"auto"`` adapts it to
                the time that a step takes. It never changes a result.
            jit_compile: Whether XLA compiles the steps on TensorFlow; ``"auto"`` decides by the layers,
                since it makes convolutions slower on a processor. JAX always uses it, PyTorch and NumPy
                have no use for it.
            auto_scale_loss: Whether to scale the loss dynamically under ``"mixed_float16"``.

        Raises:
            ArgumentError: A name or a number means nothing.
        """
        if steps_per_execution != "auto":
            steps_per_execution = whole("compile", "steps_per_execution", steps_per_execution)
        if jit_compile is not None and jit_compile != "auto":
            flag("compile", "jit_compile", jit_compile)
        run_eagerly = flag("compile", "run_eagerly", run_eagerly)
        auto_scale_loss = flag("compile", "auto_scale_loss", auto_scale_loss)
        chosen = names.get(optimizer)
        scaled = auto_scale_loss and self.dtype_policy.name == "mixed_float16"  # type: ignore[attr-defined]
        if scaled and chosen is not None and not isinstance(chosen, LossScaleOptimizer):
            chosen = LossScaleOptimizer(chosen)
        known = getattr(self, "output_names", None)
        aims = Objectives(loss, loss_weights, metrics, weighted_metrics, known)
        self.optimizer, self._objectives = chosen, aims
        self.run_eagerly, self.steps_per_execution = run_eagerly, steps_per_execution
        self.jit_compile = jit_compile if isinstance(jit_compile, bool) else None
        self._functions.clear()
        self.compiled = True

    @property
    def metrics(self) -> list[Metric]:
        """The loss tracker, the metrics of `compile`, and any that are attributes of the model."""
        own: dict[int, Metric] = {}
        for value in vars(self).values():
            if isinstance(value, metric_page.Metric):
                own[id(value)] = value
        aimed = {id(metric): metric for metric in self._objectives.all_metrics}
        return list({id(self._loss_tracker): self._loss_tracker, **aimed, **own}.values())

    def reset_metrics(self) -> None:
        """Forget what the metrics have seen."""
        for metric in self.metrics:
            metric.reset_state()

    # -- the steps -----------------------------------------------------------------------------

    def train_step(self, data: Any) -> dict[str, Any]:
        """Take one step on a batch and return the running figures.

        The same code serves every backend: ops, `horn.value_and_grad`, ``optimizer.apply``.

        Args:
            data: ``(x, y, sample_weight)`` or less, as symbolic tensors while it is traced.
        """
        x, y, sample_weight = unpack(data)

        def forward() -> Any:
            y_pred = self(x, training=True)  # type: ignore[operator]
            loss = self.compute_loss(x, y, y_pred, sample_weight)
            return self.optimizer.scale_loss(loss), (loss, y_pred, masks.of_tree(y_pred))

        variables = self.trainable_variables
        (_, (loss, y_pred, mask)), grads = value_and_grad(forward, variables, has_aux=True)()
        masks.put_tree(y_pred, mask)  # the outputs are other objects outside of the differentiation
        self.optimizer.apply(grads, variables)
        return self._track(loss, x, y, y_pred, sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Return the running figures after one more batch, without training."""
        x, y, sample_weight = unpack(data)
        y_pred = self(x, training=False)  # type: ignore[operator]
        loss = self.compute_loss(x, y, y_pred, sample_weight)
        return self._track(loss, x, y, y_pred, sample_weight)

    def predict_step(self, data: Any) -> Any:
        """Return the outputs for a batch."""
        return self(unpack(data)[0], training=False)  # type: ignore[operator]

    def _track(self, loss: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> dict[str, Any]:
        examples = spec_of(tree.flatten(x)[0]).shape[0]
        self._loss_tracker.update_state(loss, sample_weight=examples)
        return self.compute_metrics(x, y, y_pred, sample_weight)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the loss of a batch, with what layers have added to it, as a scalar tensor."""
        del x, training
        total = self._objectives.total(self._objectives.outputs(y, y_pred, sample_weight))
        added = self.losses  # type: ignore[attr-defined]
        if total is None and not added:
            raise ArgumentError(
                f"The model {self.name!r} has no loss.",  # type: ignore[attr-defined]
                expected="a loss in compile(loss=...)",
                got="None",
                remedy="pass a loss to compile, or override compute_loss or train_step",
            )
        for loss in added:
            total = loss if total is None else ops.add(total, ops.cast(loss, spec_of(total).dtype))
        return total

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Update the metrics of `compile` and return every figure by name, the loss first."""
        del x
        figures = self._objectives.update(self._objectives.outputs(y, y_pred, sample_weight))
        return {"loss": self._loss_tracker.result(), **figures}
