"""A small GAN with two optimizers and a gradient penalty: points on a ring.

python examples/gan.py, or with HORN_BACKEND=jax, torch or tensorflow before it.

Reference:
    Gulrajani et al., Improved training of Wasserstein GANs, arXiv:1704.00028.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import horn as keras
from horn import layers, ops


def network(units: int) -> keras.Model:
    """Return a network of two hidden layers for points in the plane."""
    hidden = [layers.Dense(32), layers.LeakyReLU(0.2), layers.Dense(32), layers.LeakyReLU(0.2)]
    return keras.Sequential([keras.Input((2,)), *hidden, layers.Dense(units)])


class GAN(keras.Model):
    """A generator that learns to make points, and a critic that learns to tell them apart."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.generator, self.critic = network(2), network(1)
        self.noise = keras.random.Stream()
        self.built = True

    def compile(self, critic_optimizer: Any, generator_optimizer: Any) -> None:
        """Take an optimizer for each network."""
        super().compile()
        self.critic_optimizer, self.generator_optimizer = critic_optimizer, generator_optimizer

    def call(self, inputs: Any) -> Any:
        """Return the generated points for noise of shape (batch, 2)."""
        return self.generator(inputs)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Move the critic, then the generator."""
        batch = ops.shape(data)[0]
        latent = keras.random.normal((batch, 2), seed=self.noise)
        share = keras.random.uniform((batch, 1), seed=self.noise)
        fake = self.generator(latent)

        def critic_loss() -> Any:
            between = data * share + fake * (1.0 - share)
            slope = keras.grad(lambda points: ops.sum(self.critic(points)))(between)
            norm = ops.sqrt(ops.sum(ops.square(slope), axis=1) + 1e-12)
            penalty = ops.mean(ops.square(norm - 1.0))
            return ops.mean(self.critic(fake)) - ops.mean(self.critic(data)) + 10.0 * penalty

        variables = self.critic.trainable_variables
        loss, grads = keras.value_and_grad(critic_loss, variables)()
        self.critic_optimizer.apply(grads, variables)

        variables = self.generator.trainable_variables
        score, grads = keras.value_and_grad(lambda: -ops.mean(self.critic(self.generator(latent))), variables)()
        self.generator_optimizer.apply(grads, variables)
        return {"loss": loss, "score": score}


def build(backend: str | None = None) -> GAN:
    """Return the compiled model."""
    model = GAN(backend=backend)
    model.compile(keras.optimizers.Adam(1e-3), keras.optimizers.Adam(1e-3))
    return model


def data(examples: int = 2048, seed: int = 3) -> np.ndarray:
    """Return points near a ring of radius 1."""
    rng = np.random.default_rng(seed)
    angle, radius = rng.uniform(0, 2 * np.pi, examples), rng.normal(1.0, 0.05, examples)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype("float32")


def main() -> None:
    """Train and print how far generated points are from the ring."""
    keras.utils.set_random_seed(0)
    model = build()
    model.fit(data(), batch_size=64, epochs=40)
    latent = np.random.default_rng(0).normal(size=(512, 2)).astype("float32")
    radius = np.linalg.norm(model.predict(latent, verbose=0), axis=1)
    print(f"radius of generated points: {radius.mean():.2f} +- {radius.std():.2f} (of the data: 1.00 +- 0.05)")


if __name__ == "__main__":
    main()
