"""Mass cancels: what each of them takes, by how many commands, and what it says of it."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.domain.enums import CommandKind
from exchange.gateway.session.effects import Submit
from exchange.listing import numbers_of
from tests.gateway.desk import START_NS
from tests.gateway.house import ALICE, House, code
from tests.gateway.venue import hours, listing


def market(house: House) -> tuple[Any, list[str]]:
    """Orders of several kinds in two hours that have no numbers and one of another SKU that has."""
    other = hours(START_NS, 1, "RTX4090")[0]
    sku, region = numbers_of(other)
    house.desk.turn(listing(other)._replace(sku=sku, region=region))
    session = house.session(ALICE)
    symbols = [*(contract.symbol for contract in house.desk.contracts), other.symbol]
    for symbol in symbols:
        for label in ("x", "y"):
            wish = {"instrument_name": symbol, "amount": 8, "price": 0.5, "label": label}
            assert "result" in house.ask(session, "private/buy", **wish)
    house.ask(
        session, "private/buy", instrument_name=symbols[0], amount=8, type="stop_market", trigger_price=9, label="x"
    )
    house.ask(session, "private/sell", instrument_name=symbols[0], amount=8, price=9)
    assert len(house.desk.engine.open_orders()) == 8
    return session, symbols


@pytest.mark.parametrize(
    ("method", "params", "gone", "commands"),
    [
        ("cancel_all", {}, 8, 1),
        ("cancel_all", {"direction": "sell"}, 1, 1),
        ("cancel_all", {"currency": "RTX4090"}, 2, 1),
        ("cancel_all", {"currency": "RTX4090_USE"}, 2, 1),
        ("cancel_all", {"currency": "H100SXM"}, 6, 7),
        ("cancel_all", {"currency": "USE"}, 8, 7),
        ("cancel_all", {"currency": "EUW"}, 0, 1),
        ("cancel_all", {"currency": "BTC"}, 0, 0),
        ("cancel_all", {"label": "x"}, 4, 4),
        ("cancel_all", {"type": "stop_market"}, 1, 1),
        ("cancel_all", {"kind": "option"}, 0, 0),
        ("cancel_all_by_currency", {"currency": "USD"}, 8, 1),
        ("cancel_all_by_currency", {"currency": "base", "type": "limit"}, 3, 3),
        ("cancel_all_by_kind_or_type", {"currency": ["RTX4090", "BTC"]}, 2, 2),
        ("cancel_all_by_kind_or_type", {"currency": "any", "kind": "future"}, 8, 1),
        ("cancel_all_by_instrument", {"instrument_name": "first"}, 4, 1),
        ("cancel_all_by_instrument", {"instrument_name": "first", "type": "trigger_all"}, 1, 1),
        ("cancel_by_label", {"label": "y"}, 3, 3),
        ("cancel_by_label", {"label": "y", "currency": "RTX4090"}, 1, 1),
        ("cancel_quotes", {}, 0, 1),
    ],
)
def test_a_mass_cancel_takes_what_it_says_by_as_few_commands_as_can_be(
    method: str, params: dict[str, Any], gone: int, commands: int
) -> None:
    """Counted in the engine, not only in the answer; in detail it is the same orders."""
    counts = []
    for detailed in (False, True):
        house = House()
        session, symbols = market(house)
        names = {"first": symbols[0], "base": symbols[0].partition("-")[0]}
        known = {name: names.get(value, value) if isinstance(value, str) else value for name, value in params.items()}
        effects = house.effects(session, f"private/{method}", **known, detailed=detailed)
        submitted = [effect.command for effect in effects if isinstance(effect, Submit)]
        assert len(submitted) == commands
        (answer,) = house.settle(effects)
        before = 8
        counts.append(before - len(house.desk.engine.open_orders()))
        text = answer.frame.decode()  # type: ignore[union-attr]
        if detailed:
            assert text.count('"order_state":"cancelled"') == gone
        else:
            assert f'"result":{gone},' in text
    assert counts == [gone, gone]


def test_details_come_by_instrument_and_type() -> None:
    """As the dialect has them."""
    house = House()
    session, symbols = market(house)
    found = house.ask(session, "private/cancel_all", detailed=True)["result"]
    shape = [(group["instrument_name"], group["type"], len(group["result"])) for group in found]
    assert sorted(shape) == sorted(
        [(symbols[0], "limit", 3), (symbols[0], "trigger", 1), (symbols[1], "limit", 2), (symbols[2], "limit", 2)]
    )
    assert found[0]["currency"] == symbols[0].partition("-")[0]


def test_a_cancel_of_quotes_leaves_orders_alone() -> None:
    """By instrument, set, currency; the answer counts sides."""
    house = House()
    session, symbols = market(house)
    quote = {"bid": {"price": 0.4, "amount": 8}, "ask": {"price": 9.5, "amount": 8}}
    quotes = [{"instrument_name": symbols[0], **quote}, {"instrument_name": symbols[0], "quote_set_id": "3", **quote}]

    def cancel(**params: Any) -> int:
        house.ask(session, "private/mass_quote", quotes=quotes)
        assert len(house.desk.engine.open_orders()) == 12
        count: int = house.ask(session, "private/cancel_quotes", **params)["result"]
        assert len(house.desk.engine.open_orders()) == 12 - count
        return count

    assert cancel(cancel_type="quote_set_id", quote_set_id="3") == 2
    assert cancel(cancel_type="instrument", instrument_name=symbols[0]) == 4
    assert cancel(cancel_type="instrument", instrument_name=symbols[1]) == 0
    assert cancel(cancel_type="currency", currency="H100SXM") == 4
    assert cancel() == 4
    assert code(house.ask(session, "private/cancel_quotes", cancel_type="instrument")) == -32602
    assert code(house.ask(session, "private/cancel_quotes", cancel_type="quote_set_id", quote_set_id="8")) == -32602


def test_a_full_inbox_is_said_of_a_mass_cancel() -> None:
    """Whoever hears it sends it again."""
    house = House()
    session, _ = market(house)
    (submit,) = house.effects(session, "private/cancel_all")
    assert isinstance(submit, Submit)
    assert submit.command.kind == CommandKind.CANCEL_ALL
    (reply,) = session.refuse_busy(submit.origin, house.now_ns)
    assert b"10047" in reply.frame
    assert house.ask(session, "private/cancel_all")["result"] == 8
