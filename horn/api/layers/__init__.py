"""Layers, one file a kind."""
