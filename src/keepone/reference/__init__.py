"""The stages row by row in plain Python: slow, obvious, independent of stages and kernels."""
