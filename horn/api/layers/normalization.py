"""Normalisation layers."""

from __future__ import annotations

from typing import Any

from horn.api import initializers
from horn.api.layers.core import set_rules, weight_of
from horn.api.layers.layer import Layer
from horn.errors import ShapeError
from horn.spec import ops


class BatchNormalization(Layer):
    """Normalisation by the statistics of the batch, or of training when the model is used.

    While training, each channel gets mean 0 and variance 1 over the batch, and the moving
    statistics follow: ``moving = moving * momentum + batch * (1 - momentum)``, with the variance
    not corrected for its bias. Otherwise the moving statistics are used. A frozen layer
    (`trainable` False) always uses them.

    Args:
        axis: The axis of the channels.
        momentum: How much of the moving statistics is kept at each step.
        epsilon: Added to the variance.
        center: Whether to add `beta`.
        scale: Whether to multiply by `gamma`.
        beta_initializer: For `beta`.
        gamma_initializer: For `gamma`.
        moving_mean_initializer: For the moving mean.
        moving_variance_initializer: For the moving variance.
        beta_regularizer: For `beta`; see `horn.regularizers`.
        gamma_regularizer: For `gamma`.
        beta_constraint: For `beta`; see `horn.constraints`.
        gamma_constraint: For `gamma`.
        **kwargs: Those of `Layer`.

    Reference:
        Ioffe & Szegedy, Batch Normalization, arXiv:1502.03167.
    """

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        moving_mean_initializer: Any = "zeros",
        moving_variance_initializer: Any = "ones",
        beta_regularizer: Any = None,
        gamma_regularizer: Any = None,
        beta_constraint: Any = None,
        gamma_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.axis, self.momentum, self.epsilon = axis, momentum, epsilon
        self.center, self.scale = center, scale
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)
        set_rules(self, beta=(beta_regularizer, beta_constraint), gamma=(gamma_regularizer, gamma_constraint))

    def build(self, input_shape: Any) -> None:
        """Make scale, shift and moving statistics."""
        if not -len(input_shape) <= self.axis < len(input_shape) or input_shape[self.axis] is None:
            raise ShapeError(
                f"BatchNormalization {self.name!r} does not know its channels.",
                expected=f"a fixed size on axis {self.axis}",
                got=f"inputs of shape {input_shape}",
                remedy="fix that size in Input(shape=...), or pass another `axis`",
            )
        shape = (input_shape[self.axis],)
        self.gamma = weight_of(self, shape, "gamma") if self.scale else None
        self.beta = weight_of(self, shape, "beta") if self.center else None
        self.moving_mean = self.add_weight(shape, self.moving_mean_initializer, trainable=False, name="moving_mean")
        self.moving_variance = self.add_weight(
            shape, self.moving_variance_initializer, trainable=False, name="moving_variance"
        )

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the normalised inputs; while training, move the statistics."""
        if not training or not self.trainable:
            mean, variance = self.moving_mean, self.moving_variance
            return ops.batch_normalization(
                inputs, mean, variance, self.beta, self.gamma, axis=self.axis, epsilon=self.epsilon
            )
        size = self.moving_mean.shape
        gamma = ops.ones(size, self.dtype) if self.gamma is None else self.gamma
        beta = ops.zeros(size, self.dtype) if self.beta is None else self.beta
        y, mean, variance = ops.batch_normalization_train(inputs, gamma, beta, axis=self.axis, epsilon=self.epsilon)
        for moving, now in ((self.moving_mean, mean), (self.moving_variance, variance)):
            now = ops.stop_gradient(now)
            moving.assign(ops.add(moving * self.momentum, ops.multiply(now, 1.0 - self.momentum)))
        return y
