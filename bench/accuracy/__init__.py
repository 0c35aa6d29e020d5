"""Accuracy on labelled files, and what is learned from them."""
