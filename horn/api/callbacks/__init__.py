"""Callbacks: what may happen between the steps of training."""
