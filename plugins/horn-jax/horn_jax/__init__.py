"""The JAX backend of Horn; `horn_jax.plugin` is what Horn finds."""

from horn_jax.native import functional

__all__ = ["functional"]
