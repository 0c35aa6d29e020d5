"""Malformed files by the thousand, made anew from a seed, and what must hold of all of them."""
