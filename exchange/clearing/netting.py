"""One contract at its gate: which seller delivers how many lots to which buyer.

A buyer keeps the sellers that served him in the hour before as far as they still sell and he
still buys. How many lots can be kept is a maximum flow: from the sellers through the pairs of the
hour before, each as wide as it was, to the buyers. What is left on both sides is equal, and no
pair of the hour before fits it (the flow would not have been a maximum), so that it may be paired
in any way; it is paired in the order of account numbers, which makes no more new pairs than there
are accounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from exchange.clearing.errors import BadTerms
from exchange.clearing.keeping import Lots, most_kept
from exchange.clearing.whole import once, whole
from exchange.domain.units import LOTS_MAX


class Position(NamedTuple):
    """How many lots an account delivers, or gets."""

    account: int
    lots: int


class Pair(NamedTuple):
    """How many lots ``seller`` delivers to ``buyer`` in an hour."""

    seller: int
    buyer: int
    lots: int


class Netting(NamedTuple):
    """Who delivers and who gets, and the pairs of them, ordered by account (pairs by seller, then buyer).

    Of the lots that a buyer has in this hour and had in the hour before, ``kept_lots`` stay with their
    seller and ``moved_lots``, the fewest there can be, change him.
    """

    sellers: tuple[Position, ...]
    buyers: tuple[Position, ...]
    pairs: tuple[Pair, ...]
    kept_lots: int
    moved_lots: int


def pair(positions: Mapping[int, int], earlier: Iterable[Pair] = (), bound: Iterable[Pair] = ()) -> Netting:
    """Pair those who sold with those who bought, so that the fewest lots change their seller.

    positions: net lots by account, bought above 0 and sold below; they add up to 0.
    earlier: the pairs of the hour before.
    bound: lots that stay with their seller whatever it costs, of orders that hold on to their nodes.
    Of all pairings that keep the most lots, it is the one that keeps the most for the buyer and
    seller with the lowest numbers, then for the next, by buyer and then seller.

    Raises BadTerms, also where an account did not buy or sell what ``bound`` says.
    """
    lots = _positions(positions)
    supply = {account: -lots[account] for account in sorted(lots) if lots[account] < 0}
    demand = {account: lots[account] for account in sorted(lots) if lots[account] > 0}
    before, paired = _pairs(earlier, "an earlier pair"), _pairs(bound, "a bound pair")
    supply_left, demand_left = _without(paired, supply, demand)
    before_left = {key: before[key] - paired.get(key, 0) for key in before}
    kept = most_kept(supply_left, demand_left, before_left)
    for key in kept:
        paired[key] = paired.get(key, 0) + kept[key]
    _pair_rest(paired, *_without(paired, supply, demand))
    return _netting(supply, demand, paired, before)


def _positions(positions: Mapping[int, int]) -> dict[int, int]:
    lots = {
        whole(account, "account"): whole(lots, f"position of account {account}", -LOTS_MAX, LOTS_MAX)
        for account, lots in positions.items()
    }
    if total := sum(lots.values()):
        raise BadTerms(f"positions add up to {total} lots, not to 0")
    return lots


def _pairs(pairs: Iterable[Pair], what: str) -> Lots:
    """Lots by buyer and seller."""
    listed = [
        (
            whole(buyer, f"buyer of {what}"),
            whole(seller, f"seller of {what}"),
            whole(lots, f"lots of {what}", 1, LOTS_MAX),
        )
        for seller, buyer, lots in pairs
    ]
    once(((buyer, seller) for buyer, seller, _ in listed), f"{what}, by buyer and seller,")
    for buyer, seller, _ in listed:
        if buyer == seller:
            raise BadTerms(f"{what}: account {buyer} with itself")
    return {(buyer, seller): lots for buyer, seller, lots in listed}


def _without(paired: Lots, supply: dict[int, int], demand: dict[int, int]) -> tuple[dict[int, int], dict[int, int]]:
    """What is left to deliver and to get. Raises BadTerms if ``paired`` is more than there is."""
    supply_left, demand_left = dict(supply), dict(demand)
    for (buyer, seller), lots in paired.items():
        for account, left, did in ((seller, supply_left, "sold"), (buyer, demand_left, "bought")):
            left[account] = left.get(account, 0) - lots
            if left[account] < 0:
                had = supply if did == "sold" else demand
                raise BadTerms(f"account {account} {did} {had.get(account, 0)} lots, fewer than it is bound to")
    return supply_left, demand_left


def _pair_rest(paired: Lots, supply: dict[int, int], demand: dict[int, int]) -> None:
    """Add to ``paired`` what is left, the lowest accounts first."""
    sellers = iter(sorted(supply))
    seller, left = -1, 0
    for buyer in sorted(demand):
        wanted = demand[buyer]
        while wanted:
            while not left:
                seller = next(sellers)
                left = supply[seller]
            lots = min(wanted, left)
            paired[buyer, seller] = paired.get((buyer, seller), 0) + lots
            wanted -= lots
            left -= lots


def _netting(supply: dict[int, int], demand: dict[int, int], paired: Lots, before: Lots) -> Netting:
    had: dict[int, int] = {}
    for (buyer, _), lots in before.items():
        had[buyer] = had.get(buyer, 0) + lots
    kept = sum(min(lots, before.get(key, 0)) for key, lots in paired.items())
    continued = sum(min(lots, had.get(buyer, 0)) for buyer, lots in demand.items())
    return Netting(
        tuple(Position(*item) for item in supply.items()),
        tuple(Position(*item) for item in demand.items()),
        tuple(sorted(Pair(seller, buyer, lots) for (buyer, seller), lots in paired.items())),
        kept,
        continued - kept,
    )
