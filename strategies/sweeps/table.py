"""The best trials as rows of words, for the screen and for the page."""

from strategies.sweeps import words
from strategies.sweeps.judging import Judgement
from strategies.sweeps.sharpe import sharpe_ratio

HEADING = ("parameters", "trial", "Sharpe a period", "profit", "worst window", "trades", "messages")
_ROWS = 10


def best_rows(judgement: Judgement) -> list[list[str]]:
    """Of those that ran to the end, the winner first."""
    best = sorted(judgement.finished, key=lambda trial: -trial.value)[:_ROWS]
    return [
        [
            words.parameters_text(trial.parameters),
            str(trial.number),
            f"{sharpe_ratio(trial.profits):.3f}",
            words.money(sum(score.profit_usd for score in trial.scores)),
            words.money(min(score.profit_usd for score in trial.scores)),
            f"{sum(score.trades for score in trial.scores):,}",
            f"{sum(score.messages for score in trial.scores):,}",
        ]
        for trial in best
    ]
