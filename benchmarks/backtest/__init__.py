"""How fast a backtest is and whether its fills are true, beside hftbacktest in the same run."""
