"""One page about one run or several: no network, no script, light and dark, wide and narrow."""

from strategies.results.page.page import runs_page

__all__ = ["runs_page"]
