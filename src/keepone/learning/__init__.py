"""Learning from labels: pairs of records that people have called matches or not."""
