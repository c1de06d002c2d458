"""The PyTorch backend of Horn: kernels for the op pages, storage for Variables, the native gradient."""
