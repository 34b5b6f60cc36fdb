"""Which node serves which buyer in each of a run of hours, so that the fewest lots change their node.

Each provider is a problem of his own: the pairs say how many of his nodes each buyer gets in each
hour, and a lot that changes the provider was counted as moved by netting. A lot switches if it
goes on from one hour to the next and is then on another node: of a buyer who has n lots in one
hour and m in the next, min(n, m) go on.

It is planned in two ways:

1. ``sweep``, a list schedule, is tried first. Where every node is there in all hours nothing
   switches. Where nodes come and go it is done too, if it switches no more than any plan must.
2. ``exact``, a mixed-integer program, is for the rest, and for orders that stay at one site.

Bounds: HOURS_MAX hours, NODES_MAX nodes of a provider, and COLUMNS_MAX columns in the program: at
most hours * hours / 2 * buyers for each site, whatever the number of nodes, so that a day of 30
buyers fits. Its search ends after BRANCHES_MAX branches. Beyond these the plan of the sweep
stands, and its outcome says so: ``switches_least`` is then below ``switches``. If that plan does
not keep orders together, TooLarge is raised. There is no clock in it anywhere.

Ties: a lot stays where it is, then takes the node that goes first of those that stay long enough,
then the lowest number. Where the program decides, which of several best plans comes back is the
solver's choice: the same on each run, but maybe not with another release of SciPy. So record what
was nominated; do not work it out again.
"""

from __future__ import annotations

from collections.abc import Iterable

from exchange.clearing import exact, possible
from exchange.clearing.errors import TooLarge
from exchange.clearing.netting import Pair
from exchange.clearing.reading import read
from exchange.clearing.seating import seat
from exchange.clearing.splitting import split
from exchange.clearing.sweep import sweep
from exchange.clearing.task import Plan, Task, switches, switches_least
from exchange.clearing.terms import Assignment, Need, Node, Nomination, Order, Outcome

COLUMNS_MAX = 10_000


def needs_of(hour: int, pairs: Iterable[Pair]) -> tuple[Need, ...]:
    """What the pairs of an hour ask of its nodes."""
    return tuple(Need(hour, pair.seller, pair.buyer, pair.lots) for pair in pairs)


def nominate(
    first_hour: int,
    hours: int,
    needs: Iterable[Need],
    nodes: Iterable[Node],
    fixed: Iterable[Assignment] = (),
    orders: Iterable[Order] = (),
) -> Nomination:
    """Give every need of the ``hours`` from ``first_hour`` on its nodes, each node to one buyer an hour at most.

    fixed: who was served by which node in hours before the first, as far back as orders go that
    began there. Nodes in it must be among ``nodes``, be it with no hours left.
    orders: with their cohesion, which is kept. An order that several providers deliver is several
    orders. It ends within these hours, so nominate as many as the longest order has left; what is
    not known of later hours may be left out and nominated again.

    Raises BadTerms, OverSold if a provider declared too few nodes in an hour, Scattered if orders
    cannot be kept together, TooLarge if that was not found out within bounds.
    """
    assignments: list[Assignment] = []
    outcomes = []
    for task in split(read(first_hour, hours, needs, nodes, fixed, orders)):
        possible.check(task)
        plan, least = _planned(task)
        outcomes.append(Outcome(task.provider, switches(task, plan), least))
        assignments += [
            Assignment(first_hour + hour, task.provider, task.tracks[place].node, task.buyers[buyer])
            for hour, serving in enumerate(plan)
            for place, buyer in serving.items()
        ]
    return Nomination(tuple(sorted(assignments)), tuple(outcomes))


def _planned(task: Task) -> tuple[Plan, int]:
    """A plan for one provider, and how many switches any plan has at least."""
    least = switches_least(task)
    swept = None if task.site_runs else sweep(task)
    if swept is not None and switches(task, swept) == least:
        return swept, least
    if exact.size(task) > COLUMNS_MAX:
        if swept is None:
            raise TooLarge(f"provider {task.provider}: to keep orders together takes more than {COLUMNS_MAX} columns")
        return swept, least
    try:
        numbering = exact.number(task)
    except TooLarge:
        if swept is None:
            raise
        return swept, least
    plan = seat(task, numbering)
    if swept is not None and switches(task, swept) <= switches(task, plan):
        plan = swept
    return plan, numbering.switches_least
