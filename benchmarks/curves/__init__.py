"""Proofs of the price curves that take longer than a test may."""
