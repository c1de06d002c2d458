"""Optimizers: the base, and the update rules."""
