"""Mutation testing: small faults planted in the rules that decide, and the tests that see them."""
