"""Nodes are named after their account, both ways, and are planned beyond what the solver takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.clearing.errors import TooLarge
from exchange.domain.text import TEXT_PATTERN, pack_text, unpack_text
from exchange.domain.units import LOTS_MAX
from exchange.settlement import planning
from exchange.settlement.nodes import node_name, node_number
from tests.settlement.hall import Hall


@given(
    account=st.integers(1, 2**31 - 1),
    name=st.from_regex(TEXT_PATTERN, fullmatch=True),
    node=st.integers(1, LOTS_MAX),
    other=st.integers(1, LOTS_MAX),
)
def test_a_name_is_a_node_of_the_account_and_of_no_other_number(account: int, name: str, node: int, other: int) -> None:
    text = node_name(account, name, node)
    assert unpack_text(pack_text(text)) == text
    assert node_number(account, name, text) == node
    assert (node_name(account, name, other) == text) == (node == other)


@pytest.mark.parametrize(
    "text", ["prov", "prov-", "prov-01", "prov-x", "other-1", "prov-1-1", "prov-٣", "prov-" + "9" * 30]
)
def test_other_names_are_no_nodes_of_ours(text: str) -> None:
    assert node_number(7, "prov", text) == 0


def test_long_names_end_with_the_number_of_the_account() -> None:
    """Two accounts whose names begin alike have nodes of different names."""
    one, other = (node_name(account, "a" * 35 + last, 3) for account, last in ((7, "x"), (8, "y")))
    assert one == "a" * 14 + "_0000000007-3"
    assert other == "a" * 14 + "_0000000008-3"


def test_what_is_too_much_for_the_solver_is_nominated_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(*_: object) -> None:
        raise TooLarge("so many")

    monkeypatch.setattr(planning, "nominate", give_up)
    hall = Hall()
    prov, alice, bob = hall.open("prov", capacity=[9, 9]), hall.open("alice"), hall.open("bob")
    hall.trade(prov, alice, 2)
    hall.trade(prov, bob, 1)
    hall.at(-15)
    assert hall.serving() == {"prov-1": alice, "prov-2": alice, "prov-3": bob}
