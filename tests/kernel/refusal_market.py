"""A market in which every kind of refusal can be met."""

from __future__ import annotations

from exchange.domain.enums import CommandKind, Flag, Kill, OrderType, Phase, Scope, Side, TimeInForce
from exchange.domain.records import Command
from exchange.domain.text import pack_text
from exchange.domain.units import LOTS_MAX, NEVER_NS, PRICE_TICKS_MAX, TOTAL_MAX, WATCHED_MAX
from tests.kernel.margin_commands import scenario_columns
from tests.kernel.pair import Pair

NOW_NS = 10_000
# Carol is disabled, Dave frozen, Erin too fast, Frank narrowly and Grace closely limited; Hanna is short on margin,
# Ivan offers more than could be, and Judy has too little.
ALICE, BOB, CAROL, DAVE, ERIN, FRANK, GRACE, HANNA, IVAN, JUDY, NOBODY = range(1, 12)
OPEN, GATED, HALTED, PREOPEN, BANDED, WATCHED, LISTED, OTHER = range(8)
# Strips of OPEN and WATCHED, one of which collects orders; of OPEN and GATED; and one of OPEN alone.
STRIP, CALLED, ENDED, BARE = range(8, 12)
SHORTABLE, DEAR, SETTLED, WEIGHTY, UNLISTED = range(12, 17)


def text(name: str) -> dict[str, int]:
    return dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(name), strict=True))


def order(account: int, side: Side, price_ticks: int, lots: int, name: str = "", **columns: int) -> Command:
    asked = Command(
        kind=CommandKind.NEW,
        account=account,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
        **(text(name) if name else {}),
    )
    return asked._replace(**columns)


def _desk(kind: CommandKind, **columns: int) -> Command:
    return Command(kind=kind, **columns)


def market() -> Pair:
    pair = Pair()
    pair.apply(opening())
    return pair


def opening() -> list[Command]:
    """An open contract with Bob's offer at 50 and Alice's bids, one half filled; others, each of its kind."""
    accounts = [Command(kind=CommandKind.OPEN_ACCOUNT, maker_fee_bps=2, taker_fee_bps=5, **text("alice"))]
    accounts += [
        Command(kind=CommandKind.OPEN_ACCOUNT, **text(name))
        for name in ("bob", "carol", "dave", "erin", "frank", "grace", "hanna", "ivan", "judy")
    ]
    contracts = [
        Command(kind=CommandKind.LIST, amount=100, expiry_ns=5_000 if name == "GATED" else NEVER_NS, **text(name))
        for name in ("OPEN", "GATED", "HALTED", "PREOPEN", "BANDED", "WATCHED", "LISTED")
    ]
    contracts += [
        Command(kind=CommandKind.LIST, amount=100, expiry_ns=NEVER_NS, sku=int(name == "OTHER"), **text(name))
        for name in ("OTHER", "STRIP", "CALLED", "ENDED", "BARE")
    ]
    contracts += [
        Command(kind=CommandKind.LIST, amount=100, expiry_ns=5_000 if name == "SETTLED" else NEVER_NS, **text(name))
        for name in ("SHORTABLE", "DEAR", "SETTLED")
    ]
    legs = [(STRIP, OPEN), (STRIP, WATCHED), (CALLED, OPEN), (CALLED, WATCHED), (ENDED, OPEN), (ENDED, GATED)]
    contracts.append(Command(kind=CommandKind.LIST, amount=100, expiry_ns=NEVER_NS, lots=8, **text("WEIGHTY")))
    contracts += [Command(kind=CommandKind.LEG, contract=strip, order_id=leg) for strip, leg in [*legs, (BARE, OPEN)]]
    contracts[PREOPEN] = contracts[PREOPEN]._replace(option=Phase.PREOPEN)
    contracts[LISTED] = contracts[LISTED]._replace(option=Phase.LISTED)
    cash = [Command(kind=CommandKind.CASH, account=account, amount=1_000_000) for account in range(BOB, NOBODY)]
    return [
        *accounts,
        *contracts,
        Command(kind=CommandKind.CASH, account=ALICE, amount=1_000_000, **text("deposit")),
        *cash,
        Command(kind=CommandKind.CAPACITY, account=BOB, contract=OPEN, lots=1000),
        Command(kind=CommandKind.CAPACITY, account=ALICE, contract=OPEN, lots=20),
        Command(kind=CommandKind.CAPACITY, account=DAVE, contract=WATCHED, lots=20),
        Command(kind=CommandKind.CAPACITY, account=BOB, contract=WATCHED, lots=100),
        *_orders(),
        *_sold(),
        *_wildcards(),
        *_settings(),
        *_margin(),
        Command(kind=CommandKind.TICK, time_ns=NOW_NS),
        *_delivered(),
        *(
            Command(kind=CommandKind.PHASE, time_ns=NOW_NS, contract=SETTLED, option=phase)
            for phase in (Phase.NOMINATED, Phase.DELIVERING, Phase.SETTLED)
        ),
    ]


def _orders() -> list[Command]:
    return [
        order(BOB, Side.SELL, 50, 100, "offer"),
        order(ALICE, Side.BUY, 40, 10, "bid", flags=Flag.POST_ONLY),
        order(ALICE, Side.BUY, 41, 10, "half"),
        order(BOB, Side.SELL, 41, 5),
        order(ALICE, Side.SELL, 60, 5, "ask"),
        order(ALICE, Side.SELL, 80, 5, "reduce", flags=Flag.REDUCE_ONLY),
        order(ALICE, Side.BUY, 20, 100, "berg", display_lots=1),
        order(ALICE, Side.BUY, 5, 1, "halted", contract=HALTED),
        order(ALICE, Side.BUY, 30, 1, "banded", contract=BANDED),
        order(ERIN, Side.BUY, 30, 1, "older"),
        order(FRANK, Side.BUY, 30, 5, "frank"),
        order(GRACE, Side.BUY, 30, 1, "grace"),
        order(ALICE, Side.BUY, 60, 10, "strip", contract=STRIP),
        order(BOB, Side.SELL, 60, 5, contract=STRIP),
        order(BOB, Side.SELL, 110, 5, "sells", contract=STRIP),
        order(GRACE, Side.BUY, 40, 1, "grace-strip", contract=STRIP),
        order(ERIN, Side.BUY, 40, 1, "erin-strip", contract=STRIP),
        order(FRANK, Side.BUY, 60, 1, "frank-strip", contract=STRIP),
        order(ALICE, Side.BUY, 60, 1, "called", contract=CALLED),
        order(ALICE, Side.BUY, 60, 1, "ended", contract=ENDED),
    ]


def _sold() -> list[Command]:
    """Carol owes Dave five lots of GATED and has a bond, Erin owes him one and has none."""
    return [
        Command(kind=CommandKind.CAPACITY, account=CAROL, contract=GATED, lots=5),
        Command(kind=CommandKind.CAPACITY, account=ERIN, contract=GATED, lots=1),
        Command(kind=CommandKind.BOND, account=CAROL, amount=10_000),
        order(CAROL, Side.SELL, 40, 5, contract=GATED),
        order(ERIN, Side.SELL, 40, 1, contract=GATED),
        order(DAVE, Side.BUY, 40, 6, contract=GATED),
    ]


def _delivered() -> list[Command]:
    """One node delivered, one did not, of one nobody knows; Erin's did not. Two lots have no node."""
    about = Command(time_ns=NOW_NS, contract=GATED, order_id=DAVE)
    sellers = {"failed": CAROL, "whole": CAROL, "unknown": CAROL, "erins": ERIN}
    minutes = {"failed": 0, "whole": 60, "erins": 0}
    return [
        *(about._replace(kind=CommandKind.NOMINATE, account=sellers[name], **text(name)) for name in sellers),
        *(about._replace(kind=CommandKind.ATTEST, lots=minutes[name], **text(name)) for name in minutes),
    ]


def _margin() -> list[Command]:
    """Hanna and Judy sell to Bob what they do not have; then it becomes dearer."""
    values = ((SHORTABLE, [50] * 15 + [60]), (DEAR, [PRICE_TICKS_MAX] * 16))
    return [
        *(_desk(CommandKind.MARGIN, contract=contract, **scenario_columns(ticks)) for contract, ticks in values),
        *(_desk(CommandKind.MARGIN_TERMS, account=account, maker_fee_bps=5_000, option=1) for account in (HANNA, JUDY)),
        _desk(CommandKind.CAPACITY, account=JUDY, contract=SHORTABLE, lots=3),
        _desk(CommandKind.CAPACITY, account=HANNA, contract=BANDED, lots=5),
        _desk(CommandKind.CAPACITY, account=IVAN, contract=DEAR, lots=LOTS_MAX),
        _desk(CommandKind.CAPACITY, account=HANNA, contract=DEAR, lots=LOTS_MAX),
        order(HANNA, Side.SELL, 70, 5, contract=BANDED),
        order(IVAN, Side.SELL, 90, LOTS_MAX // 2, contract=DEAR),
        order(HANNA, Side.SELL, 90, TOTAL_MAX // (100 * PRICE_TICKS_MAX) - 10, contract=DEAR),
        order(BOB, Side.BUY, 50, 23, contract=SHORTABLE),
        order(HANNA, Side.SELL, 50, 10, contract=SHORTABLE),
        order(JUDY, Side.SELL, 50, 13, contract=SHORTABLE),
        order(HANNA, Side.SELL, 70, 5, "hanna-ask", contract=SHORTABLE),
        _desk(CommandKind.CASH, account=JUDY, amount=-1_005_000),
        _desk(CommandKind.MARGIN, contract=SHORTABLE, **scenario_columns([50] * 15 + [61])),
    ]


def _wildcards() -> list[Command]:
    """Some that wait for one more member, and one that does not."""
    wildcard = order(ALICE, Side.BUY, 30, 1, kind=CommandKind.WILDCARD, option=2)
    member = Command(kind=CommandKind.MEMBER, account=ALICE, contract=OPEN)
    return [
        wildcard._replace(**text("wild")),
        member._replace(**text("wild")),
        wildcard._replace(option=1, **text("complete")),
        member._replace(**text("complete")),
        wildcard._replace(time_in_force=TimeInForce.IOC, **text("now")),
        wildcard._replace(price_ticks=PRICE_TICKS_MAX, lots=LOTS_MAX, **text("huge")),
        wildcard._replace(account=BOB, side=Side.SELL, price_ticks=90, lots=90, **text("sells-wild")),
        wildcard._replace(account=FRANK, lots=5, **text("frank-wild")),
        wildcard._replace(account=GRACE, **text("grace-wild")),
        wildcard._replace(account=GRACE, lots=4, **text("grace-large")),
    ]


def _settings() -> list[Command]:
    whole = [order(BOB, Side.BUY, 1, 1, contract=WATCHED, flags=Flag.ALL_OR_NONE)] * WATCHED_MAX
    return [
        _desk(CommandKind.PHASE, contract=HALTED, option=Phase.HALTED),
        _desk(CommandKind.PHASE, contract=CALLED, option=Phase.PREOPEN),
        _desk(CommandKind.BANDS, contract=STRIP, price_ticks=60, maker_fee_bps=9_000),
        _desk(CommandKind.BANDS, contract=BANDED, price_ticks=40, maker_fee_bps=9_000),
        _desk(CommandKind.KILL, account=CAROL, option=Kill.ACCOUNT, lots=1),
        _desk(CommandKind.PROTECT, account=DAVE, lots=1, expiry_ns=100),
        _desk(CommandKind.QUOTE, account=DAVE, contract=WATCHED, trigger_ticks=70, display_lots=2),
        order(BOB, Side.BUY, 70, 1, contract=WATCHED),
        _desk(CommandKind.LIMITS, account=ERIN, option=Scope.ACCOUNT, expiry_ns=10**12, minimum_lots=1),
        order(ERIN, Side.BUY, 30, 1, "erin"),
        _desk(CommandKind.LIMITS, account=FRANK, option=Scope.ACCOUNT, display_lots=5, maker_fee_bps=100),
        _desk(CommandKind.LIMITS, account=GRACE, option=Scope.CONTRACT, amount=3, price_ticks=1),
        *whole,
    ]
