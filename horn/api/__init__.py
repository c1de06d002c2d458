"""What users touch: layers, models, losses, metrics, optimizers, callbacks, data sets, files."""
