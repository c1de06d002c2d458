"""`Layer`: weights that are made on the first call, and a function of tensors over them."""

from __future__ import annotations

import copy
import inspect
import logging
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from horn import dtypes, tree
from horn.api import bounds, policies, regularizers
from horn.api.configuration import configuration, plain, revived
from horn.api.keywords import refuse_unknown
from horn.api.layers import calls, masks
from horn.api.layers.weighted import Weighted
from horn.api.naming import automatic_name, snake_case
from horn.engine.step import output_specs
from horn.errors import ArgumentError, HornError
from horn.spec import graph, ops, sizes
from horn.spec.graph import KerasTensor, spec_of
from horn.spec.tensorspec import TensorSpec
from horn.state.pure import pure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


_log = logging.getLogger("horn")
_told: WeakSet[Layer] = WeakSet()  # whose user knows that a mask ends there
_stays: set[tuple[Any, ...]] = set()
"""Types of tensors, each with its own dtype and one that a layer computes in and need not cast it to."""


class LayerCall:
    """The node of a functional model: one call of a layer on symbolic tensors."""

    def __init__(self, layer: Layer, args: Any, kwargs: Any, specs: Any) -> None:
        self.layer, self.args, self.kwargs = layer, args, kwargs
        self.inputs = [leaf for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, KerasTensor)]
        self.serial = graph.next_serial()
        outputs = [KerasTensor(spec, self, i) for i, spec in enumerate(tree.flatten(specs))]
        self.outputs = tuple(outputs)
        self.result = tree.unflatten(specs, outputs)
        plain = len(args) == 1 and args[0] is self.inputs[0] and not kwargs and self.result is outputs[0]
        self.only_input = args[0] if plain else None
        """The symbolic tensor, where the call is of one on one, as most are."""

    def __deepcopy__(self, memo: dict[int, Any]) -> LayerCall:
        """Return the same call of the copied layer, between the same symbolic tensors."""
        twin = memo[id(self)] = copy.copy(self)
        twin.layer = copy.deepcopy(self.layer, memo)
        return twin


class Layer(Weighted):
    """The base of all layers.

    A subclass makes its weights in `build` with `add_weight` and computes in `call`, with ops and
    with Python's operators. Sub-layers that are attributes are found by themselves.

    Args:
        name: Unique within a model; made from the class unless given.
        trainable: Whether optimizers change its weights.
        dtype: Of its weights and of what it computes, or a policy such as ``"mixed_bfloat16"``; the
            policy of `horn.config` unless given. Float inputs are cast to it.
        autocast: Whether to cast float inputs.
        activity_regularizer: A name, a `Regularizer`, or a function of the outputs; its penalty, divided
            by the size of the batch, is added to the loss of each call.
        **unknown: Refused, with the name that was probably meant.

    Shapes:
        inputs:  what `call` takes, the batch first
        returns: what `call` returns

    Raises:
        ArgumentError: An argument has a value that it cannot have, or does not exist.

    Example:
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones")
        ...     def call(self, inputs):
        ...         return inputs * self.factor
        >>> Scale()(np.array([[1.0, 2.0]], "float32"))
        array([[1., 2.]], dtype=float32)
    """

    _not_configured: tuple[str, ...] = ("dtype", "autocast")
    supports_masking = False
    """Whether the mask of the inputs is that of the outputs too."""

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: Any = None,
        autocast: bool = True,
        activity_regularizer: Any = None,
        **unknown: Any,
    ) -> None:
        kind = type(self).__name__
        refuse_unknown(type(self), unknown)
        super().__init__(trainable=bounds.flag(kind, "trainable", trainable))
        # A slash divides the names of layers within layers, in messages and in files.
        self.name = bounds.name(kind, name, without="/") or automatic_name(snake_case(kind))
        with bounds.about(kind, "dtype"):
            self.dtype_policy = policies.get(dtype)
        self.autocast = bounds.flag(kind, "autocast", autocast)
        with bounds.about(kind, "activity_regularizer"):
            self.activity_regularizer = regularizers.get(activity_regularizer)
        self.built = False
        self._inbound: list[LayerCall] = []
        self._built_on: Any = None

    # -- what subclasses write -----------------------------------------------------------------

    def build(self, input_shape: Any) -> None:
        """Make the weights, once, for inputs of this shape; None stands for an unknown size."""

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs. May take `training`, which says whether the model is being trained."""
        raise NotImplementedError(f"{type(self).__name__} has no `call`")

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        """Return the mask of the outputs: that of the inputs where the layer supports masking, else None."""
        del inputs
        return previous_mask if self.supports_masking else None

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make an equal layer, from the attributes of their names."""
        config = {**configuration(self, self._not_configured), "dtype": plain(self.dtype_policy)}
        init = type(self).__init__
        if self.activity_regularizer is None and (
            init is Layer.__init__ or "activity_regularizer" not in _parameters(init)
        ):
            config.pop("activity_regularizer", None)
        return config if self.autocast else {**config, "autocast": False}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        """Return a layer made from what `get_config` returned."""
        return cls(**revived(config, Layer))

    # -- calling -------------------------------------------------------------------------------

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the outputs; make the weights on the first call.

        On the symbolic tensors of `Input` it adds this call to a functional model.
        """
        if _has_symbols(args) or (kwargs and _has_symbols(kwargs.values())):
            return self._call_symbolic(args, kwargs)
        given = kwargs.pop("training", None)
        training = calls.is_training() if given is None else bool(given)
        if "training" in _parameters(type(self).call):
            kwargs["training"] = training
        with calls.Opened(self.name, training, self.reads_in()) as run:
            if run.depth == 1 and run.losses:
                mine = set(map(id, self.layers_within()))
                run.losses = [pair for pair in run.losses if id(pair[0]) not in mine]
            try:
                self._ensure_built(args, kwargs)
                outputs = self._run(args, kwargs) if run.trail is None else self._run_noted(run, args, kwargs)
            except HornError as error:
                _say_where(error, self)
                raise
        if (run.losses or self._added_losses) and calls.current() is None:
            self._added_losses = run.losses
        return outputs

    def reads_in(self) -> str | None:
        """Return the dtype in which `call` reads weights, where it is not their own."""
        policy = self.dtype_policy
        return None if policy.compute_dtype == policy.variable_dtype else policy.compute_dtype

    def _run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run `call` on inputs of the right dtype, with their masks, and note the masks of the outputs."""
        masked = _given_masks(type(self).call, args, kwargs) if masks.are_there() else {}
        first = args[0] if args else kwargs.get(next(iter(_parameters(type(self).call)), ""))
        mask = kwargs["mask"] if kwargs.get("mask") is not None else None if first is None else masks.of_tree(first)
        if self.autocast:
            args = tuple(
                [tree.map_structure(self._cast, x) if tree.is_nested(x) else self._cast(x) for x in args]
            )
        outputs = self.call(*args, **masked, **kwargs)
        if self.activity_regularizer is not None:
            self._regularize(outputs)
        if mask is not None or type(self).compute_mask is not Layer.compute_mask:
            self._pass_mask_on(args[0] if args else first, mask, outputs)
        return outputs

    def _regularize(self, outputs: Any) -> None:
        """Add the penalty of the outputs to the loss, as the mean over the batch."""
        for output in tree.flatten(outputs):
            shape = spec_of(output).shape
            penalty = self.activity_regularizer(output)
            self.add_loss(ops.divide(penalty, shape[0]) if shape else penalty)

    def _run_noted(self, run: calls.Run, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run `call`, and note it among the calls that somebody listens to."""
        assert run.trail is not None
        note = [self, run.depth, graph.current_scope(), None]
        run.trail.append(note)
        note[3] = outputs = self._run(args, kwargs)
        return outputs

    def _cast(self, value: Any) -> Any:
        """Return a float tensor in the dtype that the layer computes in, and anything else as it is."""
        kind = (type(value), getattr(value, "dtype", None), self.dtype_policy.compute_dtype)
        if kind in _stays or value is None or isinstance(value, bool | int | float | str):
            return value
        dtype = spec_of(value).dtype
        if dtype == self.compute_dtype or not dtypes.is_float(dtype):
            if kind[1] is not None:
                _stays.add(kind)
            return value
        cast = ops.cast(value, self.compute_dtype)
        masks.put(cast, masks.of(value))
        return cast

    def _pass_mask_on(self, inputs: Any, mask: Any, outputs: Any) -> None:
        if any(masks.of(leaf) is not None for leaf in tree.flatten(outputs)):
            return  # a layer within has said it
        made = self.compute_mask(inputs, mask)
        masks.put_tree(outputs, made)
        overrides = type(self).compute_mask is not Layer.compute_mask
        if made is None and not (overrides or self.supports_masking or "mask" in _parameters(type(self).call)):
            if self in _told:
                return
            _told.add(self)
            _log.warning(
                "Layer %r (%s) was given inputs with a mask, which it does not support: the mask ends there.",
                self.name, type(self).__name__,
            )  # fmt: skip

    def _ensure_built(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not self.built:
            first = args[0] if args else next(iter(kwargs.values()), None)
            names = _parameters(type(self).build)
            if len(names) > 1:  # as query_shape, value_shape: those of the arguments so called
                given = {**dict(zip(_parameters(type(self).call), args, strict=False)), **kwargs}
                found = {name: given.get(name.removesuffix("_shape")) for name in names}
                self.build(**{name: x if x is None else _shapes_of(x) for name, x in found.items()})
            else:
                self.build(_shapes_of(first))
            self.built = True
            self._built_on = tree.map_structure(spec_of, first)

    def _call_symbolic(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        symbolic = [leaf for leaf in tree.flatten((args, kwargs)) if isinstance(leaf, KerasTensor)]
        masked = [i for i, leaf in enumerate(symbolic) if leaf.mask_spec is not None]
        mask_specs: list[Any] = []

        def run(values: list[Any]) -> Any:
            rest = iter(values)
            given = tree.map_structure(lambda x: next(rest) if isinstance(x, KerasTensor) else x, (args, kwargs))
            with calls.run():
                for i, mask in zip(masked, rest, strict=True):
                    masks.put(values[i], mask)
                outputs = self(*given[0], **given[1])
                found = [masks.of(leaf) for leaf in tree.flatten(outputs)]
                mask_specs.extend(None if mask is None else spec_of(mask) for mask in found)
            return outputs

        specs = [leaf.spec for leaf in symbolic] + [symbolic[i].mask_spec for i in masked]
        call = LayerCall(self, args, kwargs, output_specs(run, specs))
        for output, spec in zip(call.outputs, mask_specs, strict=True):
            output.mask_spec = spec
        self._inbound.append(call)
        return call.result

    def stateless_call(
        self,
        trainable_variables: list[Any],
        non_trainable_variables: list[Any],
        *args: Any,
        return_losses: bool = False,
        **kwargs: Any,
    ) -> tuple[Any, ...]:
        """Call the layer as a function of the values of its weights, which stay what they are.

        Args:
            trainable_variables: A value for each of `trainable_variables`.
            non_trainable_variables: A value for each of `non_trainable_variables`.
            *args: Those of the call.
            return_losses: Whether to return `losses` too.
            **kwargs: Those of the call.

        Returns:
            The outputs, the new values of the non-trainable variables, and with `return_losses` a list.

        Raises:
            ArgumentError: The layer has no weights yet, or there are more or fewer values than weights.
        """
        trained, others = self.trainable_variables, self.non_trainable_variables
        if not self.built or (len(trained), len(others)) != (len(trainable_variables), len(non_trainable_variables)):
            raise ArgumentError(
                f"stateless_call of {self.name!r} needs a value for each weight of a built layer.",
                expected=f"{len(trained)} trainable and {len(others)} other values" if self.built else "a built layer",
                got=f"{len(trainable_variables)} and {len(non_trainable_variables)}",
                remedy="build the layer first; pass [v.value for v in layer.trainable_variables], and the others so",
            )

        def run() -> tuple[Any, list[Any]]:
            outputs = self(*args, **kwargs)
            return outputs, self.losses if return_losses else []

        values = [*trainable_variables, *non_trainable_variables]
        (outputs, losses), new = pure(run, [*trained, *others])(values)
        kept = new[len(trained) :]
        return (outputs, kept, losses) if return_losses else (outputs, kept)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the output for inputs of a shape, without computing anything."""
        shapes = input_shape if isinstance(input_shape, list) else [tuple(input_shape)]
        specs = [TensorSpec(known_sizes(shape, self.name), self.compute_dtype) for shape in shapes]
        whole = isinstance(input_shape, list)
        outputs = output_specs(lambda values: self(values if whole else values[0]), specs)
        return tree.map_structure(lambda spec: sizes.public(spec.shape), outputs)

    @property
    def output(self) -> Any:
        """The symbolic output of the first call in a functional model."""
        return self._only_call().result

    @property
    def input(self) -> Any:
        """The symbolic input of the first call in a functional model."""
        inputs = self._only_call().inputs
        return inputs[0] if len(inputs) == 1 else inputs

    def _only_call(self) -> LayerCall:
        if not self._inbound:
            raise ArgumentError(
                f"Layer {self.name!r} has not been called on a symbolic tensor.",
                expected="a call in a functional or Sequential model",
                got="a layer that was never called, or only on values",
                remedy="call it on horn.Input(...), or build the model first",
            )
        return self._inbound[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}{'' if self.built else ', not built'}>"


def known_sizes(shape: Any, name: str) -> tuple[Any, ...]:
    """Return a shape with an unknown size in place of each None; the first is the batch's."""
    return tuple(
        sizes.Dim("N" if i == 0 else f"{name}.{i}") if size is None else size for i, size in enumerate(shape)
    )


def _shapes_of(tensors: Any) -> Any:
    return tree.map_structure(lambda x: sizes.public(spec_of(x).shape), tensors)


@cache
def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    """Return the names of the parameters of a `call`, without `self`."""
    return tuple(inspect.signature(function).parameters)[1:]


def _given_masks(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """Return the masks that `call` takes and was not told: ``mask``, or ``query_mask`` for ``query``."""
    names = _parameters(call)
    found: dict[str, Any] = {}
    for name, value in (*zip(names, args, strict=False), *kwargs.items()):
        wanted = f"{name}_mask" if f"{name}_mask" in names else "mask" if name == names[0] else None
        if wanted in names[len(args) :] and kwargs.get(wanted) is None:
            mask = masks.of_tree(value)
            if mask is not None:
                found[wanted] = mask
    for name in found:
        kwargs.pop(name, None)
    return found


def _has_symbols(values: Iterable[Any]) -> bool:
    """Return whether a tensor of a functional model under construction is among some values."""
    for value in values:
        if isinstance(value, KerasTensor):
            return True
        if tree.is_nested(value) and any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(value)):
            return True
    return False


def _say_where(error: HornError, layer: Layer) -> None:
    """Note on an error which layer it came from; the innermost layer says it, once."""
    if not getattr(error, "__notes__", None):
        error.add_note(f"  in layer: {graph.current_scope()} ({type(layer).__name__})")
