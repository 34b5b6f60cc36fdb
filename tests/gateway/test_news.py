"""What becomes of a contract is told: its stage and the next one, its fixing, how far its delivery has come."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec import UNSET

from exchange.domain.enums import CommandKind, Phase
from exchange.domain.instruments import parse_symbol
from exchange.domain.lifecycle import Rules
from exchange.domain.records import Command
from exchange.domain.units import NS_PER_MINUTE, NS_PER_SECOND
from exchange.gateway.mirror.venue import Mirror
from tests.gateway.desk import Desk, Listener, deliver
from tests.gateway.venue import Caller, Venue, listing, running, text

CHANNELS = ["instrument.state.any.any", "fixing.future.any", "delivery.any.USD"]


async def trade(venue: Venue, symbol: str, alice: Caller, bob: Caller) -> None:
    await alice.call("private/declare_capacity", instrument_name=symbol, amount=80)
    await alice.call("private/sell", instrument_name=symbol, amount=16, price=2.5)
    await bob.call("private/buy", instrument_name=symbol, amount=16, price=2.5)


async def test_an_hour_from_its_gate_to_its_last_minute(tmp_path: Path) -> None:
    """The fixing with its method, the nodes, the minutes; and who comes late can ask for all of it."""
    async with running(tmp_path) as venue, venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
        contract = parse_symbol("H100SXM_USE_H14-1DEC26")
        gate_ns = time.time_ns() + NS_PER_SECOND
        await bob.call("public/subscribe", channels=[*CHANNELS, f"fixing.{venue.symbol}"])
        await venue.ask(listing(contract)._replace(expiry_ns=gate_ns))
        await trade(venue, contract.symbol, alice, bob)
        created = await bob.heard(CHANNELS[0])
        assert (created["instrument_name"], created["state"]) == (contract.symbol, "created")
        assert (await bob.heard(CHANNELS[0]))["state"] == "closed"
        fixing = await bob.heard(CHANNELS[1])
        assert fixing == {
            "instrument_name": contract.symbol, "timestamp": fixing["timestamp"], "price": 2.5, "method": "volume",
        }  # fmt: skip
        assert fixing["timestamp"] >= gate_ns // 10**6
        assert await bob.call("public/get_fixings") == [fixing]
        assert (await bob.call("public/ticker", instrument_name=contract.symbol))["settlement_price"] == 2.5

        number = venue.engine.find_contract(contract.symbol)
        assert number is not None
        await venue.ask(Command(kind=CommandKind.CORRECTION, contract=number, price_ticks=2_510))
        assert await bob.heard(CHANNELS[1]) == {**fixing, "corrected_price": 2.51} | {
            "timestamp": (await bob.call("public/get_fixings", count=1))[0]["timestamp"]
        }
        for node in ("a-1", "a-2"):
            await venue.ask(Command(kind=CommandKind.NOMINATE, contract=number, account=1, order_id=2, **text(node)))
        told = [await bob.heard(CHANNELS[2]) for _ in range(2)]
        assert [delivery["nodes"] for delivery in told] == [1, 2]
        await venue.ask(
            *(
                Command(kind=CommandKind.ATTEST, contract=number, account=1, lots=minutes, **text(node))
                for node, minutes in (("a-1", 60), ("a-2", 45))
            )
        )
        await venue.ask(
            Command(kind=CommandKind.COMPENSATE, contract=number, account=1, lots=15, price_ticks=2_500, **text("a-2"))
        )
        told = [await bob.heard(CHANNELS[2]) for _ in range(2)]
        last = {key: told[-1][key] for key in ("nodes", "attested", "minutes", "compensated_minutes")}
        assert last == {"nodes": 2, "attested": 2, "minutes": 105, "compensated_minutes": 15}
        assert await bob.call("public/get_deliveries", currency="any") == told[-1:]
        assert await bob.call("public/get_deliveries", currency="EUR") == []
        assert not {"account", "node"} & told[-1].keys()

        after = Mirror(venue.engine)
        assert [(kept.price, kept.method, kept.corrected_price) for kept in after.fixings] == [(2.5, "volume", 2.51)]
        (kept,) = after.deliveries.values()
        assert (kept.nodes, kept.attested, kept.minutes, kept.compensated_minutes) == (2, 2, 105, 15)


def test_a_state_says_which_comes_next_and_when() -> None:
    """By the rules of the venue; a halt does not move what is due; past the end there is nothing."""
    desk = Desk()
    desk.mirror = Mirror(desk.engine, Rules(closing_minutes=7, nomination_minutes=3))
    desk.feed._mirror = desk.mirror
    listener = Listener("public")
    deliver(listener.join(desk.feed, "instrument.state.future.any"))
    contract = desk.contracts[0]
    for phase in (Phase.HALTED, Phase.CONTINUOUS, Phase.CLOSING):
        deliver(desk.feed.publish(desk.turn(Command(kind=CommandKind.PHASE, option=phase))))
    gate_ms, minute_ms = contract.gate_ns // 10**6, NS_PER_MINUTE // 10**6
    said = [(state["state"], state["next_state"], state["next_timestamp"]) for _, state in listener.heard]
    assert said == [
        ("halted", "closing", gate_ms - 7 * minute_ms),
        ("open", "closing", gate_ms - 7 * minute_ms),
        ("closing", "closed", gate_ms),
    ]
    market = desk.mirror.markets[0]
    assert market.instrument(0, 0, contract.gate_ns).next_state == "nominated"
    assert market.next_stage(contract.gate_ns) == ("nominated", gate_ms + 3 * minute_ms)
    market.phase = Phase.SETTLED
    assert market.next_stage(0) == (UNSET, UNSET)
