"""Proof of the price curves: forecasts against simple rivals, recovery of known parameters, speed."""
