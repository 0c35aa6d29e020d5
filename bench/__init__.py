"""Measurements: accuracy on labelled files, speed, and others side by side."""
