"""A living market in one command: an exchange, its market maker, providers, job buyers and resellers."""
