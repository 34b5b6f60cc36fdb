"""Price curves: the reader, the model, the fit."""
