"""The page put together: words first, then the table of the best, then figures."""

from collections.abc import Iterator, Sequence
from itertools import count

from matplotlib.figure import Figure

from strategies.pages import figure_of, list_of, page_of, plain, table_of, text_of
from strategies.sweeps import words
from strategies.sweeps.judging import Judgement
from strategies.sweeps.page.figures import luck_figure, overfitting_figure, parameter_figures, walk_figure
from strategies.sweeps.plan import Plan
from strategies.sweeps.study import Trial
from strategies.sweeps.table import HEADING, best_rows

_LUCK = (
    "All trials by their Sharpe ratio. The winner is more than luck if it stands far to the right of what the best of "
    "so many would show without skill: by noise alone, and as published, where the spread of the trials is taken for "
    "luck."
)
_OVERFITTING = (
    "The best of each half of the periods, looked up in the other half. Blue: better than the median there, so "
    "choosing taught something. Red: no better. Half red is blind choice."
)
_WALK = (
    "Profit over the windows in order. Dashed: parameters chosen on earlier windows only, from where that begins. The "
    "gap to the solid line is what hindsight flatters."
)


def sweep_page(title: str, about: Sequence[str], plan: Plan, judgement: Judgement, trials: Sequence[Trial]) -> str:
    """about: sentences on what was run."""
    parts = [
        f"<p><strong>{text_of(words.verdict(judgement))}</strong></p>",
        f"<p>{text_of(f'The winner: {words.parameters_text(judgement.winner.parameters)}')}</p>",
        list_of(words.reasons(plan, judgement)),
        f'<p class="quiet">{text_of(" ".join(about))}</p>',
        table_of(list(HEADING), best_rows(judgement)),
    ]
    numbers = count(1)
    with plain():
        parts += [
            figure_of(figure, f" {next(numbers)}", caption) for figure, caption in _figures(plan, judgement, trials)
        ]
    return page_of(title, "\n".join(parts))


def _figures(plan: Plan, judgement: Judgement, trials: Sequence[Trial]) -> Iterator[tuple[Figure, str]]:
    for figure in parameter_figures(plan, judgement, trials):
        yield figure, "What each trial scored, against its parameters. A plateau around the winner speaks for it."
    if judgement.deflated is not None:
        yield luck_figure(judgement.deflated, trials), _LUCK
    if judgement.overfitting is not None:
        yield overfitting_figure(judgement.overfitting), _OVERFITTING
    if judgement.anchored is not None:
        yield walk_figure(plan, judgement), _WALK
