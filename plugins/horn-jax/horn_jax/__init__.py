"""The JAX backend of Horn; `horn_jax.plugin` is what Horn finds."""
