"""What a strategy did, in frames, figures and one page: the same from a backtest, a simulation and a live run."""
