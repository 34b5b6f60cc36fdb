"""Sellers and buyers of an hour are paired, and stay paired as far as they can."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from exchange.clearing import keeping
from exchange.clearing.errors import BadTerms
from exchange.clearing.netting import Pair, pair
from exchange.domain.units import LOTS_MAX
from tests.clearing.brute import best_kept, by_buyer
from tests.clearing.cases import small_pairing


def test_everybody_delivers_and_gets_his_lots() -> None:
    """Whoever neither sold nor bought on balance has no part in it."""
    netted = pair({1: -3, 2: -2, 3: 4, 4: 1, 5: 0})
    assert netted.sellers == ((1, 3), (2, 2))
    assert netted.buyers == ((3, 4), (4, 1))
    assert netted.pairs == (Pair(1, 3, 3), Pair(2, 3, 1), Pair(2, 4, 1))
    assert (netted.kept_lots, netted.moved_lots) == (0, 0)


def test_a_buyer_keeps_the_sellers_he_had() -> None:
    """Buyer 3 had seller 2 and keeps him, though seller 1 comes first; one of his lots must move."""
    netted = pair({1: -3, 2: -2, 3: 3, 4: 2}, earlier=[Pair(2, 3, 3)])
    assert netted.pairs == (Pair(1, 3, 1), Pair(1, 4, 2), Pair(2, 3, 2))
    assert (netted.kept_lots, netted.moved_lots) == (2, 1)


def test_bound_lots_stay_even_where_others_lose_by_it() -> None:
    """Without it, seller 1 would keep buyer 3."""
    earlier = [Pair(1, 3, 2)]
    assert pair({1: -2, 2: -2, 3: 2, 4: 2}, earlier).moved_lots == 0
    netted = pair({1: -2, 2: -2, 3: 2, 4: 2}, earlier, bound=[Pair(1, 4, 1)])
    assert netted.pairs == (Pair(1, 3, 1), Pair(1, 4, 1), Pair(2, 3, 1), Pair(2, 4, 1))
    assert (netted.kept_lots, netted.moved_lots) == (1, 1)


def test_lots_that_are_bound_are_kept_once() -> None:
    """Buyer 4 had a lot of each seller; the one that is bound to seller 1 leaves none to keep with him."""
    earlier = [Pair(1, 4, 1), Pair(2, 4, 1)]
    netted = pair({1: -2, 2: -1, 3: 1, 4: 2}, earlier, bound=[Pair(1, 4, 1)])
    assert netted.pairs == (Pair(1, 3, 1), Pair(1, 4, 1), Pair(2, 4, 1))
    assert (netted.kept_lots, netted.moved_lots) == (2, 0)


@pytest.mark.parametrize("seed", range(300))
def test_no_pairing_keeps_more(seed: int) -> None:
    """Against every pairing there is; and of those that keep as much, it is the first by buyer and seller."""
    positions, earlier = small_pairing(Random(seed))
    netted = pair(positions, earlier)
    for account, lots in positions.items():
        assert lots == sum(each.lots * ((each.buyer == account) - (each.seller == account)) for each in netted.pairs)
    supply = {account: -lots for account, lots in positions.items() if lots < 0}
    demand = {account: lots for account, lots in positions.items() if lots > 0}
    paired, before = by_buyer(netted.pairs), by_buyer(earlier)
    kept = [min(paired.get(key, 0), before[key]) for key in sorted(before)]
    assert kept == best_kept(supply, demand, before)
    assert netted.kept_lots == sum(kept)
    had = {buyer: sum(lots for key, lots in before.items() if key[0] == buyer) for buyer in demand}
    assert netted.moved_lots == sum(min(had[buyer], demand[buyer]) for buyer in demand) - sum(kept)


@pytest.mark.parametrize("seed", range(100))
def test_which_maximum_the_solver_finds_does_not_matter(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """SciPy may change; the pairs of an hour may not. Here it is shown the accounts the other way round."""
    positions, earlier = small_pairing(Random(seed))
    netted = pair(positions, earlier)
    maximum = keeping._maximum

    def mirrored(supply: dict[int, int], demand: dict[int, int], wide: keeping.Lots) -> keeping.Lots:
        found = maximum(
            _mirror(supply), _mirror(demand), {(-buyer, -seller): wide[buyer, seller] for buyer, seller in wide}
        )
        return {(buyer, seller): found[-buyer, -seller] for buyer, seller in wide}

    monkeypatch.setattr(keeping, "_maximum", mirrored)
    assert pair(positions, earlier) == netted


def _mirror(lots: dict[int, int]) -> dict[int, int]:
    return {-account: lots[account] for account in lots}


def test_totals_may_be_larger_than_the_solver_counts() -> None:
    """Three positions of the largest size are more than 32 bits hold."""
    positions = {1: -LOTS_MAX, 2: -LOTS_MAX, 3: -LOTS_MAX, 4: LOTS_MAX, 5: LOTS_MAX, 6: LOTS_MAX}
    earlier = [Pair(1, 6, LOTS_MAX), Pair(2, 5, LOTS_MAX), Pair(3, 4, LOTS_MAX)]
    assert pair(positions, earlier).pairs == tuple(earlier)


def test_a_whole_venue_keeps_nearly_all() -> None:
    """Of a thousand accounts a few trade in an hour; the others notice nothing."""
    random = Random(1)
    positions = {account: (-14 if account < 300 else 6) for account in range(1000)}
    earlier = pair(positions).pairs
    for _ in range(100):
        positions[random.randrange(300)] -= 1
        positions[random.randrange(300, 1000)] += 1
    netted = pair(positions, earlier)
    assert (netted.kept_lots, netted.moved_lots) == (4200, 0)


def test_integers_of_numpy_are_integers() -> None:
    """Positions come from the rows of the engine."""
    netted = pair({np.int64(1): np.int64(-2), np.int64(2): np.int64(2)})  # type: ignore[dict-item]
    assert netted.pairs == (Pair(1, 2, 2),)
    assert type(netted.pairs[0].lots) is int


@pytest.mark.parametrize(
    ("positions", "message"),
    [
        ({1: -2, 2: 1}, "positions add up to -1 lots, not to 0"),
        ({1: 1.0, 2: -1}, "position of account 1 1.0 is not a whole number"),
        ({1: True, 2: -1}, "position of account 1 True is not a whole number"),
        ({"1": 1, 2: -1}, "account '1' is not a whole number"),
        ({-1: 1, 2: -1}, "account -1 is not from 0 to"),
        ({1: LOTS_MAX + 1, 2: -LOTS_MAX - 1}, f"position of account 1 {LOTS_MAX + 1} is not from -{LOTS_MAX}"),
    ],
)
def test_positions_that_are_wrong_are_refused(positions: dict[int, int], message: str) -> None:
    with pytest.raises(BadTerms) as refused:
        pair(positions)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("earlier", "bound", "message"),
    [
        ([Pair(1, 2, 0)], [], "lots of an earlier pair 0 is not from 1"),
        ([Pair(1, 2, 1), Pair(1, 2, 2)], [], "an earlier pair, by buyer and seller, is there twice: (2, 1)"),
        ([Pair(2, 2, 1)], [], "an earlier pair: account 2 with itself"),
        ([Pair(1, 2, -1)], [], "lots of an earlier pair -1 is not from 1"),
        ([], [Pair(1, 2, 3)], "account 1 sold 2 lots, fewer than it is bound to"),
        ([], [Pair(2, 1, 1)], "account 2 sold 0 lots, fewer than it is bound to"),
        ([], [Pair(1, 9, 1)], "account 9 bought 0 lots, fewer than it is bound to"),
    ],
)
def test_pairs_that_are_wrong_are_refused(earlier: list[Pair], bound: list[Pair], message: str) -> None:
    with pytest.raises(BadTerms) as refused:
        pair({1: -2, 2: 2}, earlier, bound)
    assert message in str(refused.value)
