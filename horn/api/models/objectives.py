"""What `compile` was told to aim at and to report: a loss and metrics for each output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from horn import tree
from horn.api import losses as loss_page, metrics as metric_page
from horn.api.bounds import about, real
from horn.errors import ArgumentError, DataError, suggestion
from horn.spec import ops
from horn.spec.graph import spec_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from horn.api.losses import Loss
    from horn.api.metrics import Metric


class Output(NamedTuple):
    """One output of a batch: its name (None for the only one), target, prediction and weights."""

    name: str | None
    true: Any
    pred: Any
    weight: Any


class Objectives:
    """The losses and metrics of a model.

    Args:
        loss: A loss, or one for each output, in a list or by name; None in a place for no loss.
        loss_weights: A factor for each loss, in the same form.
        metrics: A metric or several; for several outputs a list of them for each, or by name.
        weighted_metrics: Those that are given the weights of the examples, in the same form.
        names: The names of the outputs, where the model knows them.

    Raises:
        ArgumentError: A name means no loss or metric, or a factor is no number.
    """

    def __init__(
        self, loss: Any, loss_weights: Any, metrics: Any, weighted_metrics: Any, names: Sequence[str] | None
    ) -> None:
        for argument, given in (
            ("loss", loss), ("loss_weights", loss_weights), ("metrics", metrics), ("weighted_metrics", weighted_metrics)
        ):  # fmt: skip
            if isinstance(given, dict) and names is not None:
                _need_known(argument, given, names)
        self.loss = tree.map_structure(loss_page.as_loss, loss)
        self.loss_weights = tree.map_structure(
            lambda one: None if one is None else real("compile", "loss_weights", one), loss_weights
        )
        self.metrics = _made("metrics", metrics)
        self.weighted_metrics = _made("weighted_metrics", weighted_metrics)
        self.names = names
        self._trackers: dict[str, Metric] = {}

    @property
    def all_metrics(self) -> list[Metric]:
        """Every metric: those of the single losses, the plain ones, the weighted ones."""
        named = [*tree.flatten(self.metrics), *tree.flatten(self.weighted_metrics)]
        return [*self._trackers.values(), *(metric for metric in named if metric is not None)]

    def outputs(self, y: Any, y_pred: Any, sample_weight: Any) -> list[Output]:
        """Return the outputs of a batch, each with what belongs to it."""
        if isinstance(y_pred, dict):
            names, preds = list(y_pred), list(y_pred.values())
        elif isinstance(y_pred, list | tuple):
            preds = list(y_pred)
            known = list(self.names or ())
            names = known if len(known) == len(preds) else [f"output_{i}" for i in range(len(preds))]
        else:
            return [Output(None, _only(y), y_pred, _only(sample_weight))]
        trues = _aligned("targets", y, names)
        weights = _aligned("sample weights", sample_weight, names, repeat=True)
        return [Output(*row) for row in zip(names, trues, preds, weights, strict=True)]

    def total(self, outputs: list[Output]) -> Any:
        """Return the sum of the losses, each with its factor, or None where there is no loss."""
        factors = _aligned("loss_weights", self.loss_weights, [output.name for output in outputs])
        total: Any = None
        for output, loss, factor in zip(outputs, self._losses(outputs), factors, strict=True):
            if loss is None:
                continue
            value = loss(output.true, output.pred, output.weight)
            value = value if factor is None else ops.multiply(value, factor)
            total = value if total is None else ops.add(total, value)
        return total

    def update(self, outputs: list[Output]) -> dict[str, Any]:
        """Take a batch into account, and return every figure by name, the loss of all outputs aside."""
        figures: dict[str, Any] = {}
        for output, loss in zip(outputs, self._losses(outputs), strict=True):
            if loss is not None and len(outputs) > 1:
                name = f"{output.name}_loss"
                tracker = self._trackers.setdefault(name, metric_page.Mean(name))
                # The same expression as in `total`, of which a traced step keeps one.
                value = loss(output.true, output.pred, output.weight)
                tracker.update_state(value, sample_weight=spec_of(output.pred).shape[0])
                figures[name] = tracker.result()
        for given, weighted in ((self.metrics, False), (self.weighted_metrics, True)):
            for output, metrics in zip(outputs, _lists(given, outputs), strict=True):
                for metric in metrics:
                    weight = (output.weight,) if weighted and output.weight is not None else ()
                    metric.update_state(output.true, output.pred, *weight)
                    name = metric.name if output.name is None else f"{output.name}_{metric.name}"
                    figures[name] = metric.result()
        return figures

    def _losses(self, outputs: list[Output]) -> list[Loss | None]:
        return _aligned("losses", self.loss, [output.name for output in outputs], repeat=True)


def _made(argument: str, metrics: Any) -> Any:
    with about("compile", argument):
        return tree.map_structure(lambda one: None if one is None else metric_page.as_metric(one), metrics)


def _only(given: Any) -> Any:
    """Return what a list, tuple or dictionary of one thing holds, and anything else as it is."""
    if isinstance(given, list | tuple) and len(given) == 1:
        return given[0]
    return next(iter(given.values())) if isinstance(given, dict) and len(given) == 1 else given


def _aligned(what: str, given: Any, names: list[Any], *, repeat: bool = False) -> list[Any]:
    """Return what was given for each output; a single thing is for all of them with `repeat`."""
    if given is None:
        return [None] * len(names)
    if names == [None]:
        return [_only(given)]
    if isinstance(given, dict):
        _need_known(what, given, names)
        return [given.get(name) for name in names]
    if isinstance(given, list | tuple) and len(given) == len(names):
        return list(given)
    if repeat and not tree.is_nested(given):
        return [given] * len(names)
    raise DataError(
        f"There are not as many {what} as outputs.",
        expected=f"{len(names)}, for {', '.join(map(str, names))}",
        got=str(len(given)) if tree.is_nested(given) else "one",
        remedy="pass a list with one for each output, or a dictionary by name",
    )


def _need_known(what: str, given: Any, names: Sequence[Any]) -> None:
    """Raise an `ArgumentError` if a dictionary has something for an output that there is not."""
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ArgumentError(
            f"There are {what} for an output that the model does not have.",
            expected=f"one of {', '.join(map(str, names))}",
            got=repr(unknown[0]),
            remedy=suggestion(unknown[0], names),
        )


def _lists(given: Any, outputs: list[Output]) -> list[list[Metric]]:
    """Return the metrics of each output."""
    if len(outputs) == 1 and outputs[0].name is None:
        return [[metric for metric in tree.flatten(given) if metric is not None]]
    found = _aligned("metrics", given, [output.name for output in outputs])
    return [[metric for metric in tree.flatten(one) if metric is not None] for one in found]
