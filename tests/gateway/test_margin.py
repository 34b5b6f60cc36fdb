"""What an account on margin is told is what the engine counts."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from exchange.domain.enums import CommandKind, EventKind, Phase, Side
from exchange.domain.records import Command, command_rows
from exchange.domain.scenarios import margin_command, ticks_of
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.reading.holder import get_margins
from exchange.wire.requests.past import GetMargins
from tests.clearing.margin_market import DAY, GATE_NS, LAB, MAKER, NOON, ONE, TWO, Market, order


class _Followed(Market):
    """The same with a mirror beside the engine, once all is set up."""

    mirror: Mirror | None = None
    foretold = 0

    def tell(self, command: Command) -> None:
        if self.mirror is None:
            self.mirror = Mirror(self.engine)
        before, foretold = self.engine.account(MAKER).required_micros, self._foretold(command)
        first_event = self.engine.events_total + 1
        stamped = command._replace(sequence=self.engine.sequence + 1, time_ns=self.time_ns)
        rows = command_rows([stamped])
        events = self.engine.apply(rows)
        self.mirror.apply(rows, events, [None], first_event)
        if foretold is not None and set(events["kind"]) <= {EventKind.ACCEPTED, EventKind.RESTED}:
            self.foretold += 1
            assert self.engine.account(MAKER).required_micros - before == round(foretold * 10**6)
        for mirror in (self.mirror, Mirror(self.engine)):
            self._compare(mirror)

    def _foretold(self, command: Command) -> float | None:
        """What ``private/get_margins`` says of an order of the maker's before it is sent, if it sells."""
        if self.mirror is None or (command.kind, command.account, command.side) != (CommandKind.NEW, MAKER, Side.SELL):
            return None
        market = self.mirror.markets[command.contract]
        price = Decimal(str(market.price(command.price_ticks)))
        wish = GetMargins(instrument_name=market.symbol, amount=Decimal(int(market.amount(command.lots))), price=price)
        return get_margins(self.mirror, self.mirror.accounts[MAKER], wish, self.time_ns).sell

    def _compare(self, mirror: Mirror) -> None:
        view = self.engine.account(MAKER)
        account = mirror.accounts[MAKER]
        assert account.required_micros() == (view.required_micros, view.required_alone_micros)
        summary = account.summary()
        free = max(0, view.cash_micros - view.reserved_micros - view.required_micros)
        assert summary.available_funds == free / 10**6
        assert summary.initial_margin == (view.reserved_micros + view.required_micros) / 10**6
        assert summary.maintenance_margin == view.required_alone_micros / 10**6


@pytest.mark.parametrize("seed", range(4))
def test_the_summary_follows_the_margin(seed: int) -> None:
    """Through orders, trades, strips, values, terms and capacity, and also for a mirror that begins later."""
    random = Random(seed)
    market = _Followed(cash_micros=5 * 10**9)
    for _ in range(80):
        chance = random.random()
        contract = random.choice([NOON, ONE, TWO])
        command = order(random.choice([MAKER, LAB]), Side(random.randint(0, 1)), random.randint(1, 9), 2_500, contract)
        if chance < 0.15:
            command = command._replace(contract=DAY, price_ticks=5_000)
        elif chance < 0.3:
            command = margin_command(contract, [random.randint(2_000, 3_000) for _ in range(16)])
        elif chance < 0.4:
            command = Command(kind=CommandKind.CAPACITY, account=MAKER, contract=contract, lots=random.randint(0, 5))
        elif chance < 0.5:
            command = Command(kind=CommandKind.CANCEL_ALL, account=MAKER, contract=contract)
        elif chance < 0.55:
            on = random.randint(0, 1)
            command = Command(kind=CommandKind.MARGIN_TERMS, account=MAKER, maker_fee_bps=4_000 * on, option=on)
        market.tell(command)
    assert market.foretold
    market.time_ns = GATE_NS
    market.tell(Command(kind=CommandKind.TICK))
    for phase in (Phase.NOMINATED, Phase.DELIVERING, Phase.SETTLED):
        for contract in (NOON, ONE, TWO):
            market.tell(Command(kind=CommandKind.PHASE, contract=contract, option=phase))
    assert market.engine.account(MAKER).required_micros == 0


def test_values_go_into_a_command_and_come_back() -> None:
    ticks = [10**8 - place for place in range(16)]
    assert ticks_of(margin_command(3, ticks)) == ticks
    assert ticks_of(margin_command(3, ticks[:2])) == [10**8, 10**8 - 1] + [10**8] * 14
    for count in (0, 17):
        with pytest.raises(ValueError, match=f"found {count}"):
            margin_command(3, [1] * count)
