"""A sweep as one HTML page: the verdict in words, the trials, and what luck would have shown."""

from strategies.sweeps.page.page import sweep_page

__all__ = ["sweep_page"]
