"""What no plan can do, told by its cause before any plan is tried."""

from __future__ import annotations

from exchange.clearing.errors import OverSold, Scattered
from exchange.clearing.task import Run, Task


def check(task: Task) -> None:
    """Raises OverSold, or Scattered if an order could not be kept together even if it were alone."""
    for hour in range(task.hours):
        sold = sum(lots[hour] for lots in task.lots)
        if sold > task.alive(hour):
            raise OverSold(task.first_hour + hour, task.provider, sold, task.alive(hour))
    for place, run in enumerate(task.node_runs):
        fit = sum(
            track.start <= max(run.start, 0) and run.end <= track.end and (run.start >= 0 or place in track.keeps)
            for track in task.tracks
        )
        if fit < run.lots:
            raise Scattered(task.provider, f"{_named(task, run)} on the same nodes, and {fit} fit")
    for run in task.site_runs:
        sites = sorted({track.site for track in task.tracks})
        hours = range(run.start, run.end)
        fit = max((min(_at_site(task, run, site, hour) for hour in hours) for site in sites), default=0)
        if fit < run.lots:
            raise Scattered(task.provider, f"{_named(task, run)} at one site, and no site has more than {fit}")


def _named(task: Task, run: Run) -> str:
    first, last = task.first_hour + run.start, task.first_hour + run.end - 1
    return f"buyer {task.buyers[run.buyer]} keeps {run.lots} lots from hour {first} to {last}"


def _at_site(task: Task, run: Run, site: int, hour: int) -> int:
    if hour < 0:
        return task.served.get((hour, run.buyer, site), 0)
    return sum(track.site == site and track.start <= hour < track.end for track in task.tracks)
