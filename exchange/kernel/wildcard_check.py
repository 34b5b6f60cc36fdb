"""The invariants of wildcards: members that share their lots, one for each contract, and a reserve for the dearest."""

from exchange.domain.units import MEMBERS_MAX
from exchange.kernel import inspect
from exchange.kernel.state import IS_WILDCARD, MEMBER, State


def check_wildcards(state: State) -> None:
    header = state.header[0]
    wholes = [
        order
        for account in range(int(header["accounts"]))
        for order in inspect.open_rows(state, account)
        if state.orders[order]["marks"] & IS_WILDCARD
    ]
    for whole in wholes:
        _check_wildcard(state, whole)
    waiting = [int(state.extras[whole]["wildcard"]) for whole in wholes]
    waiting = [wildcard for wildcard in waiting if state.wildcards[wildcard]["awaited"]]
    assert sorted(waiting) == sorted(inspect.gathering_rows(state)), "a wildcard is not known to wait for members"


def _check_wildcard(state: State, whole: int) -> None:
    wildcard = int(state.extras[whole]["wildcard"])
    row, node = state.wildcards[wildcard], state.orders[whole]
    members = list(inspect.member_rows(state, wildcard))
    assert row["order"] == whole, f"wildcard {whole} is not that of its row"
    assert not node["level"], f"wildcard {whole} stands in a book itself"
    assert 0 < node["open_lots"] <= node["lots"], f"wildcard {whole} has {node['open_lots']} open lots"
    assert len(members) == row["members"] <= MEMBERS_MAX, f"wildcard {whole} counts {row['members']} members"
    assert members or row["awaited"], f"wildcard {whole} is left without members"
    contracts = state.orders["contract"][members].tolist()
    assert len(set(contracts)) == len(contracts), f"wildcard {whole} has two members in a contract"
    for member in members:
        other, extra = state.orders[member], state.extras[member]
        assert other["marks"] == MEMBER | node["marks"] & 1, f"order {member} is no member, or on the wrong side"
        assert extra["wildcard"] == wildcard, f"member {member} does not know its wildcard"
        assert other["open_lots"] == node["open_lots"], f"member {member} does not share the lots of {whole}"
        assert other["price_ticks"] == node["price_ticks"] + extra["offset_ticks"], f"member {member} has another price"
        assert bool(other["level"]) != bool(row["awaited"]), f"member {member} stands too early, or not at all"
        assert not state.listings[int(other["contract"])]["strip"], f"member {member} is for a strip"
    dearest_ticks = max(state.orders["price_ticks"][members].tolist(), default=0)
    assert state.extras[whole]["limit_ticks"] == dearest_ticks, f"wildcard {whole} does not hold for its dearest member"
