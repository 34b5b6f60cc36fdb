"""Every invariant of the state, asked from Python. AssertionError names the first that is broken."""

import numpy as np

from exchange.domain.enums import CLOSED, COLLECTING, FixingMethod, Phase, Side
from exchange.domain.units import LOTS_MAX, MINUTES_EACH, NEVER_NS, NS_PER_HOUR, QUOTE_SLOTS, TOTAL_MAX, WATCHED_MAX
from exchange.kernel import inspect
from exchange.kernel.holdings import IN_LEGS, MARGINED
from exchange.kernel.margin_check import check_margins
from exchange.kernel.state import (
    BEFORE_WINDOW,
    BOOKS_EACH,
    COLLECTS,
    EXPIRES,
    FIXES,
    FOLLOWED,
    IN_WINDOW,
    IS_FIXED,
    IS_QUOTE,
    IS_STRIP,
    IS_WILDCARD,
    LAST_STOPS,
    MARK_STOPS,
    MEMBER,
    OF_STRIP,
    ON_MARK,
    QUOTES_EACH,
    WAITS,
    WATCHED,
    WHOLE,
    State,
)
from exchange.kernel.strip_check import check_strips
from exchange.kernel.wildcard_check import check_wildcards


def check(state: State) -> None:
    """Every invariant of the state; AssertionError names the first that is broken."""
    header = state.header[0]
    assert header["pending"] == 0, "a command is half done"
    assert header["unsettled_first"] == header["frozen_first"] == header["due_first"] == 0, "housekeeping is not done"
    contracts = range(int(header["contracts"]))
    assert header["collecting"] == sum(state.contracts[contract]["phase"] in COLLECTING for contract in contracts)
    placed = sum(_check_contract(state, contract) for contract in contracts)
    _check_accounts(state, placed)
    _check_positions(state)
    _check_pools(state)
    _check_deadlines(state)
    _check_nominations(state)
    _check_fixings(state)
    check_strips(state)
    check_wildcards(state)
    check_margins(state)


def _check_contract(state: State, contract: int) -> int:
    """Returns how many open orders the contract has, in its books or waiting."""
    row = state.contracts[contract]
    counts = [_check_book(state, contract, book) for book in range(BOOKS_EACH)]
    best_bid, best_ask = (int(state.books[contract * BOOKS_EACH + side]["best_ticks"]) for side in Side)
    if row["phase"] == Phase.CONTINUOUS:
        assert not best_ask or best_bid < best_ask, f"contract {contract} is crossed: {best_bid} >= {best_ask}"
    assert row["phase"] not in CLOSED | {Phase.LISTED} or not row["orders"], f"contract {contract} has orders"
    watched = list(inspect.waiting_rows(state, contract))
    assert len(watched) == state.listings[contract]["watched"] <= WATCHED_MAX, f"contract {contract} watches too many"
    for order in watched:
        node = state.orders[order]
        assert node["open_lots"] > 0, f"order {order} is watched, and closed"
        assert node["marks"] & WATCHED, f"order {order} does not know that it is watched"
        assert not node["marks"] & WHOLE or not node["level"], f"all-or-none order {order} stands in the book"
        if row["phase"] != Phase.CONTINUOUS:
            assert not node["level"], f"order {order} is not parked"
    alert = sum(counts[LAST_STOPS:]) + len(watched)
    collects = COLLECTS if row["phase"] in COLLECTING else 0
    fixes = FIXES if state.fixings[contract]["progress"] == IN_WINDOW else 0
    strip = IS_STRIP if state.listings[contract]["strip"] else 0
    followed = FOLLOWED if state.listings[contract]["followers"] else 0
    assert row["alert"] == alert | collects | fixes | strip | followed, (
        f"contract {contract} has {alert} orders to notice, counts {row['alert']}"
    )
    count = sum(counts) + sum(1 for order in watched if not state.orders[order]["level"])
    gathering = (order for row in inspect.gathering_rows(state) for order in inspect.member_rows(state, row))
    count += sum(1 for order in gathering if state.orders[order]["contract"] == contract)
    assert count == row["orders"], f"contract {contract} has {count} orders, counts {row['orders']}"
    return count


def _check_book(state: State, contract: int, which: int) -> int:
    """Returns how many orders are in the book."""
    book = state.books[contract * BOOKS_EACH + which]
    side, is_visible = which & 1, which < LAST_STOPS
    rises = (side == Side.BUY) == is_visible
    count = 0
    last_ticks = 0
    for price_ticks, level in inspect.book_levels(state, contract * BOOKS_EACH + which, rises):
        if not last_ticks:
            assert (book["best_ticks"], book["best_level"]) == (price_ticks, level), f"contract {contract}: stale best"
        assert not last_ticks or (price_ticks < last_ticks) == rises, f"contract {contract} is out of order"
        last_ticks = price_ticks
        lots = 0
        for order in inspect.queue(state, level):
            node = state.orders[order]
            assert (node["marks"] & 1, node["level"]) == (side, level), f"order {order} is in the wrong place"
            assert bool(node["marks"] & WAITS) != is_visible, f"order {order} is in the wrong book"
            assert is_visible or bool(node["marks"] & ON_MARK) == (which >= MARK_STOPS), f"order {order}: wrong trigger"
            ticks = node["price_ticks"] if is_visible else state.extras[order]["trigger_ticks"]
            assert (node["contract"], ticks) == (contract, price_ticks), f"order {order} strayed"
            is_strip = bool(state.listings[contract]["strip"])
            assert bool(node["marks"] & OF_STRIP) == is_strip, f"order {order} does not know whether it is for a strip"
            assert 0 < node["open_lots"] <= node["lots"], f"order {order} has {node['open_lots']} open lots"
            lots += int(node["open_lots"])
            count += 1
        assert lots == state.levels[level]["lots"] > 0, f"level {price_ticks} of contract {contract} sums to {lots}"
    assert bool(count) == bool(book["root"]) == bool(book["best_ticks"]), f"contract {contract} keeps an empty tree"
    return count


def _check_nominations(state: State) -> None:
    """A node serves once in a contract, and nobody delivers or gets more than his position says."""
    seen: set[tuple[int, ...]] = set()
    lots: dict[tuple[int, int, int], int] = {}
    for nomination in state.nominations[1 : int(state.header[0]["nominations"])]:
        contract = int(nomination["contract"])
        node = (contract, *(int(nomination[f"text_{word}"]) for word in range(4)))
        assert node not in seen, f"a node serves twice in contract {contract}"
        seen.add(node)
        for account, sign in ((int(nomination["seller"]), -1), (int(nomination["buyer"]), 1)):
            lots[account, contract, sign] = lots.get((account, contract, sign), 0) + 1
        missing = MINUTES_EACH - int(nomination["minutes"]) if nomination["minutes"] >= 0 else 0
        assert 0 <= nomination["compensated"] <= missing, f"contract {contract} compensates what was delivered"
    for (account, contract, sign), nominated in lots.items():
        positions = state.positions[: int(state.header[0]["positions"])]
        held = positions[(positions["account"] == account) & (positions["contract"] == contract)]
        assert sign * int(held["lots"].sum()) >= nominated, f"account {account} nominates beyond its position"


def _check_accounts(state: State, placed: int) -> None:
    header = state.header[0]
    count = 0
    for account in range(int(header["accounts"])):
        owner = state.accounts[account]
        orders = list(inspect.open_rows(state, account))
        listed = [order for order in orders if not state.orders[order]["marks"] & MEMBER]
        assert len(listed) == owner["orders"], f"account {account} has {len(listed)} orders, counts {owner['orders']}"
        assert (state.positions["account"][state.orders[orders]["position"]] == account).all(), (
            f"account {account} lists a foreign order"
        )
        held = sum(_held(state, order) for order in orders)
        held += int(owner["bond"])
        assert held == owner["reserved"], f"account {account} reserves {owner['reserved']}, orders and bond need {held}"
        assert owner["bond"] >= 0, f"account {account} has a bond of {owner['bond']}"
        assert 0 <= owner["reserved"] <= owner["cash"], f"account {account} has {owner['cash']} and reserves {held}"
        count += sum(1 for order in orders if not state.orders[order]["marks"] & IS_WILDCARD)
    assert count == placed, f"{count} open orders, {placed} in the books"
    cash = int(state.accounts["cash"].sum())
    assert cash == header["cash_total"] <= TOTAL_MAX, f"cash sums to {cash}, deposits to {header['cash_total']}"


def _held(state: State, order: int) -> int:
    """Micro-dollars that an order must hold: its limit and the larger fee, rounded up, for every open lot."""
    node = state.orders[order]
    if node["marks"] & 1 != Side.BUY:
        return 0
    owner = state.accounts[inspect.account_of(state, order)]
    notional = inspect.limit_of(state, order) * int(state.contracts[int(node["contract"])]["tick_value"])
    fee_bps = int(owner["reserve_bps"])
    assert max(owner["maker_fee_bps"], owner["taker_fee_bps"]) <= fee_bps, "an account pays more than its orders hold"
    return inspect.total_open(state, order) * (notional - (-notional * fee_bps // 10_000))


def _open(state: State) -> list[int]:
    header = state.header[0]
    return [order for account in range(int(header["accounts"])) for order in inspect.open_rows(state, account)]


def _check_positions(state: State) -> None:
    header = state.header[0]
    positions = state.positions[: int(header["positions"])]
    sums = np.zeros(max(int(header["contracts"]), 1), np.int64)
    np.add.at(sums, positions["contract"][1:], positions["lots"][1:])
    assert not sums.any(), f"lots bought and sold differ in contract {int(sums.nonzero()[0][0])}"
    is_strip = (state.listings["strip"][positions["contract"]] != 0) & (positions["account"] != 0)
    assert (is_strip == (positions["is_pooled"] & IN_LEGS != 0)).all(), (
        "a position does not know whether it is of a strip"
    )
    assert not positions["lots"][is_strip].any(), "a position in a strip has lots that belong into the legs"
    deliverable = positions["lots"] + positions["capacity_lots"] - positions["open_sell_lots"]
    is_open = state.contracts["phase"][positions["contract"]] != Phase.SETTLED
    is_covered = ~is_strip & is_open & (positions["is_pooled"] & MARGINED == 0)
    assert (deliverable[is_covered] >= 0).all(), "a position offers more than it can deliver"
    places = {(int(row["account"]), int(row["contract"])): place for place, row in enumerate(positions)}
    offered = np.zeros((len(Side), len(positions)), np.int64)
    counts = np.zeros(len(positions), np.int64)
    for order in _open(state):
        node = state.orders[order]
        if node["marks"] & IS_WILDCARD:
            continue  # its members offer
        offered[node["marks"] & 1, node["position"]] += inspect.total_open(state, order)
        counts[node["position"]] += 1
        for leg in inspect.leg_rows(state, int(node["contract"])):
            place = places[inspect.account_of(state, order), int(state.legs[leg]["contract"])]
            offered[node["marks"] & 1, place] += inspect.total_open(state, order)
        if node["marks"] & IS_QUOTE:
            row = int(positions[node["position"]]["quotes"])
            slot = int(node["marks"] & 1) * QUOTE_SLOTS + int(state.extras[order]["slot"])
            assert state.quotes[row * QUOTES_EACH + slot] == order, f"quote {order} lost its slot"
    assert (offered[Side.BUY] == positions["open_buy_lots"]).all(), "open_buy_lots differs from the open orders"
    assert (offered[Side.SELL] == positions["open_sell_lots"]).all(), "open_sell_lots differs from the open orders"
    assert (counts == positions["orders"]).all(), "a position counts its orders wrongly"
    quotes = state.quotes[QUOTES_EACH : int(header["quotes"]) * QUOTES_EACH].tolist()
    held = (state.orders[int(order)] for order in quotes if order)
    assert all(order["marks"] & IS_QUOTE for order in held), "a slot has an order that is no quote"


def _check_pools(state: State) -> None:
    header = state.header[0]
    for pool in range(1, int(header["pools"])):
        row = state.pools[pool]
        sums = dict.fromkeys(("lots", "open_buy_lots", "open_sell_lots", "orders"), 0)
        for position in state.positions[1 : int(header["positions"])]:
            listing = state.listings[int(position["contract"])]
            fits = row["sku"] == -1 or (row["sku"], row["region"]) == (listing["sku"], listing["region"])
            if position["account"] == row["account"] and fits:
                for column in ("orders",) if position["is_pooled"] & IN_LEGS else sums:
                    weight = 1 if column == "orders" else int(listing["weight"])
                    sums[column] += int(position[column]) * weight
        assert sums == {column: int(row[column]) for column in sums}, f"pool {pool} differs from its positions"


def _check_deadlines(state: State) -> None:
    heap = state.deadlines[: int(state.header[0]["deadlines"])]
    for place in range(1, heap.shape[0]):
        parent, child = heap[(place - 1) // 2], heap[place]
        assert (parent["time_ns"], parent["rank"]) < (child["time_ns"], child["rank"]), "deadlines are out of order"
    for place, entry in enumerate(heap):
        order = int(entry["order"])
        if order > 0:
            assert state.extras[order]["deadline"] == place + 1, f"order {order} lost its deadline"
            assert state.orders[order]["open_lots"] > 0, f"a closed order {order} has a deadline"
            assert state.orders[order]["marks"] & EXPIRES, f"order {order} does not know that it expires"
        elif order < 0:
            assert state.listings[-1 - order]["deadline"] == place + 1, f"contract {-1 - order} lost its phase's end"


def _check_fixings(state: State) -> None:
    header = state.header[0]
    begins_ns = [NEVER_NS]
    for contract in range(int(header["contracts"])):
        row, book = state.fixings[contract], state.contracts[contract]
        begin_ns, gate_ns = int(book["gate_ns"]) - NS_PER_HOUR, int(book["gate_ns"])
        is_fixed = book["phase"] in CLOSED
        assert (row["progress"] == IS_FIXED) == is_fixed, f"contract {contract} has no fixing, or has it too early"
        assert is_fixed or (row["progress"] == BEFORE_WINDOW) == (header["time_ns"] < begin_ns), (
            f"the hour of contract {contract} begins at {begin_ns}"
        )
        assert (row["method"] == FixingMethod.NONE) == (row["price_ticks"] == 0), f"fixing {contract} is half made"
        assert (row["corrections"] == 0) == (row["corrected_ticks"] == 0), f"fixing {contract} is half corrected"
        assert 0 <= row["call_lots"] <= row["lots"] <= TOTAL_MAX, f"fixing {contract} counts more lots than traded"
        assert row["lots"] <= book["volume_lots"] or book["volume_lots"] > TOTAL_MAX - LOTS_MAX, (
            f"fixing {contract} counts lots that did not trade"
        )
        if row["progress"] == BEFORE_WINDOW:
            begins_ns.append(begin_ns)
            assert row["lots"] == row["both_ns"] == row["both_ticks"] == 0, f"fixing {contract} counts before its hour"
            continue
        assert 0 <= row["both_ns"] <= row["since_ns"] - begin_ns, f"fixing {contract} counts more time than passed"
        assert row["since_ns"] <= gate_ns, f"fixing {contract} counts time after its gate"
        bid_ticks, ask_ticks = (int(state.books[contract * BOOKS_EACH + side]["best_ticks"]) for side in Side)
        counts = book["phase"] == Phase.CONTINUOUS and bid_ticks and ask_ticks
        assert row["both_ticks"] == (bid_ticks + ask_ticks if counts else 0), f"fixing {contract} sees an old middle"
    assert header["window_ns"] == min(begins_ns), f"the next hour begins at {min(begins_ns)}"
