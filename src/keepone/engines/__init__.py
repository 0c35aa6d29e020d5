"""The engines that can run a stage's SQL."""
