"""Runs from the first file to the last."""
