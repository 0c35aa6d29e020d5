"""Tests of reading and ingesting."""
