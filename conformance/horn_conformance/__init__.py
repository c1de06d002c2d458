"""The conformance suite of Horn: whether a backend means what the op pages say."""

__version__ = "1.0.0"
