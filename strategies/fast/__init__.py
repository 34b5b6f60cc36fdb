"""Strategies as compiled handlers over plain records."""
