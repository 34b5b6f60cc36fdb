"""What a fit believes as one HTML page: words, prices, the week to come, the season, the checks."""

from strategies.curves.fit_page.page import report_page

__all__ = ["report_page"]
