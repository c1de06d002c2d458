"""How things run: gradients, traced steps, plans, numerics."""
