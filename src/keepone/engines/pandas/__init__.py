"""Stages in pandas, for whoever has it: the package is not among those that a run needs."""
