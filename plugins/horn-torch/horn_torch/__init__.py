"""The PyTorch backend of Horn: kernels for the op pages, storage for Variables, the native gradient."""

from horn_torch.native import module

__all__ = ["module"]
