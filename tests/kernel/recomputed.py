"""Every fixing once more, from the public events, the times of their commands and the gates alone.

It follows docs/fixing.md and nothing else: neither the kernel's sums nor the reference exchange's memory.
"""

from __future__ import annotations

from exchange.domain.enums import CommandKind, EventKind, FixingMethod, Phase, Side
from exchange.domain.records import Command
from tests.reference.events import Event

_HOUR_NS = 3_600 * 10**9
_SHOWN_MAX = 2**31 - 1
_ENTERS = (EventKind.ACCEPTED, EventKind.RESTED, EventKind.REFRESHED)
_LEAVES = (EventKind.CANCELLED, EventKind.EXPIRED, EventKind.PARKED)


class _Contract:
    def __init__(self, gate_ns: int, phase: int) -> None:
        self.gate_ns = gate_ns
        self.phase = phase
        self.standing: tuple[dict[int, int], dict[int, int]] = ({}, {})  # bids and asks: order id -> price
        self.trades: list[tuple[int, int, int]] = []  # price, lots, number of the closing call or 0
        self.calls = 0
        self.since_ns = gate_ns - _HOUR_NS
        self.bid_and_ask = 0  # as they stand since then, 0 where they make no middle
        self.stood: list[tuple[int, int]] = []  # bid and ask, nanoseconds

    def pass_time(self, time_ns: int) -> None:
        until_ns = min(time_ns, self.gate_ns)
        if until_ns > self.since_ns:
            if self.bid_and_ask:
                self.stood.append((self.bid_and_ask, until_ns - self.since_ns))
            self.since_ns = until_ns

    def look(self) -> None:
        bids, asks = (side.values() for side in self.standing)
        trades_now = self.phase == Phase.CONTINUOUS and bids and asks
        self.bid_and_ask = max(bids) + min(asks) if trades_now else 0

    def fixing(self, enough_lots: int) -> dict[str, int]:
        """The columns of the event that there should be."""
        call = [(price, lots) for price, lots, number in self.trades if number == self.calls and number]
        call_lots = sum(lots for _, lots in call)
        assert len({price for price, _ in call}) <= 1, "a closing call has one price"
        lots = sum(lots for _, lots, _ in self.trades)
        volume_ticks = _to_nearest(sum(price * size for price, size, _ in self.trades), lots)
        stood_ns = sum(lasted_ns for _, lasted_ns in self.stood)
        middle_ticks = _to_nearest(sum(both * lasted_ns for both, lasted_ns in self.stood), 2 * stood_ns)
        if call_lots >= enough_lots:
            method, price_ticks = FixingMethod.CALL, call[0][0]
        elif self.trades:
            method, price_ticks = FixingMethod.VOLUME, volume_ticks
        elif stood_ns:
            method, price_ticks = FixingMethod.MIDDLE, middle_ticks
        else:
            method, price_ticks = FixingMethod.NONE, 0
        return {
            "price_ticks": price_ticks,
            "reason": method,
            "old_price_ticks": call[0][0] if call else 0,
            "lots": min(call_lots, _SHOWN_MAX),
            "old_open_lots": enough_lots,
            "fee": volume_ticks,
            "amount": lots,
            "maker_fee": middle_ticks,
            "order_id": stood_ns,
        }


def _to_nearest(value: int, divisor: int) -> int:
    if not divisor:
        return 0
    quotient, rest = divmod(value, divisor)
    return quotient + (2 * rest > divisor or (2 * rest == divisor and quotient % 2 == 1))


class Listener:
    """Hears a market, and says of every FIXING whether it is right."""

    def __init__(self) -> None:
        self.contracts: dict[int, _Contract] = {}
        self.enough_lots = 10
        self.made: list[FixingMethod] = []

    def hear(self, command: Command, events: list[Event]) -> None:
        """One command and all that came of it. AssertionError at a fixing that is not as it should be."""
        touched = {event.contract for event in events}
        for event in events:
            if event.kind == EventKind.LISTED:
                self.contracts[event.contract] = _Contract(command.expiry_ns, command.option or Phase.CONTINUOUS)
            elif event.kind == EventKind.CONFIGURED and event.reason == CommandKind.FIXING_LOTS:
                self.enough_lots = event.lots
            elif event.kind == EventKind.PHASE:
                contract = self.contracts[event.contract]
                contract.phase = event.reason
                contract.calls += event.reason == Phase.CLOSING
            elif event.kind == EventKind.FIXING:
                self._judge(event, command.time_ns)
            elif event.order_id or event.kind == EventKind.FILLED:
                self._follow(event, command.time_ns)
        for number in touched & self.contracts.keys():
            self.contracts[number].pass_time(command.time_ns)
            self.contracts[number].look()

    def _judge(self, event: Event, time_ns: int) -> None:
        contract = self.contracts[event.contract]
        assert contract.phase == Phase.GATED
        contract.pass_time(time_ns)
        expected = contract.fixing(self.enough_lots)
        assert {name: getattr(event, name) for name in expected} == expected
        self.made.append(FixingMethod(event.reason))

    def _follow(self, event: Event, time_ns: int) -> None:
        """Who stands where, and what trades."""
        contract = self.contracts.get(event.contract)
        if contract is None or event.kind == EventKind.REJECTED:
            return
        if event.kind in (EventKind.FILLED, EventKind.STRIP) and time_ns >= contract.gate_ns - _HOUR_NS:
            call = contract.calls if contract.phase == Phase.CLOSING else 0
            contract.trades.append((event.price_ticks, event.lots, call))
        if event.kind == EventKind.FILLED:
            if not event.open_lots:
                self._leave(contract, event.order_id)
            if not event.maker_open_lots:
                self._leave(contract, event.maker_order_id)
        elif event.kind == EventKind.STRIP:
            if not event.open_lots:
                self._leave(contract, event.order_id)
        elif event.kind in _LEAVES or (event.kind == EventKind.AMENDED and not event.resting):
            self._leave(contract, event.order_id)
        elif event.kind in _ENTERS and event.resting:
            contract.standing[Side(event.side)][event.order_id] = event.price_ticks

    @staticmethod
    def _leave(contract: _Contract, order_id: int) -> None:
        for side in contract.standing:
            side.pop(order_id, None)
