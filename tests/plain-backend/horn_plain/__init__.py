"""The smallest whole backend of Horn: one kernel for each primitive, on PyTorch tensors."""
