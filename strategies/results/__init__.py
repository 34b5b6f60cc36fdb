"""What a strategy did, in frames, figures and one page: the same from a backtest, a simulation and a live run."""

from strategies.results.figures import Figures
from strategies.results.frames import Frames
from strategies.results.recorder import RunRecorder
from strategies.results.run import BadRun, Record, Run, run_of

__all__ = ["BadRun", "Figures", "Frames", "Record", "Run", "RunRecorder", "run_of"]
