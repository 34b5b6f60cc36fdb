"""Cash within a family of accounts, over real sockets."""

from __future__ import annotations

from pathlib import Path

from exchange.wire.refusals import Code
from tests.gateway.venue import deposit, open_account, running

MOVE = "private/submit_transfer_between_subaccounts"


async def test_a_main_account_moves_cash_within_its_family(tmp_path: Path) -> None:
    """Both ways, once for a reference, no more than there is, and never from or to a stranger."""
    async with running(tmp_path) as venue:
        await venue.ask(open_account("alice-sub"))
        async with venue.caller(venue.alice) as alice:
            assert (await alice.refused(MOVE, amount=10, destination=3))["code"] == Code.FORBIDDEN
            venue.keys.adopt("alice", "alice-sub")
            sub_key = venue.keys.create("alice-sub")
            async with venue.caller(sub_key) as sub:

                async def balances() -> tuple[float, float]:
                    first = await alice.call("private/get_account_summary")
                    second = await sub.call("private/get_account_summary")
                    return first["balance"], second["balance"]

                before, _ = await balances()
                moved = await alice.call(MOVE, amount=10.5, destination=3, reference="r1")
                assert (moved["amount"], moved["source"], moved["destination"]) == (10.5, 1, 3)
                assert await balances() == (before - 10.5, 10.5)
                for wish, code in (
                    ({"amount": 10.5, "destination": 3, "reference": "r1"}, None),
                    ({"amount": 11, "destination": 1, "source": 3}, Code.NOT_ENOUGH_FUNDS),
                    ({"amount": 1, "destination": 2}, Code.FORBIDDEN),
                    ({"amount": 1, "destination": 1, "source": 2}, Code.FORBIDDEN),
                    ({"amount": 1, "destination": 99}, Code.FORBIDDEN),
                    ({"amount": -1, "destination": 3}, None),
                    ({"amount": 0.0000001, "destination": 3}, Code.INVALID_AMOUNT),
                ):
                    refused = await alice.refused(MOVE, **wish)
                    assert code is None or refused["code"] == code, (wish, refused)
                assert (await sub.refused(MOVE, amount=1, destination=1))["code"] == Code.FORBIDDEN
                await alice.call(MOVE, amount=0.5, destination=1, source=3)
                assert await balances() == (before - 10, 10)


async def test_a_main_account_sees_its_family(tmp_path: Path) -> None:
    """Itself first, then the sub-accounts that were opened, with their cash if wanted; a sub-account sees itself."""
    async with running(tmp_path) as venue:
        await venue.ask(open_account("alice-sub"), deposit(3, 5 * 10**6))
        for name in ("alice-later", "alice-sub"):
            venue.keys.adopt("alice", name)
        async with venue.caller(venue.alice) as alice, venue.caller(venue.keys.create("alice-sub")) as sub:
            found = await alice.call("private/get_subaccounts")
            assert [(each["id"], each["username"], each["type"]) for each in found] == [
                (1, "alice", "main"),
                (3, "alice-sub", "subaccount"),
            ]
            assert all("portfolio" not in each for each in found)
            _, second = await alice.call("private/get_subaccounts", with_portfolio=True)
            assert second["portfolio"]["usd"]["balance"] == 5
            (own,) = await sub.call("private/get_subaccounts")
            assert (own["id"], own["type"]) == (3, "subaccount")
            assert (await sub.call("private/get_account_summary"))["type"] == "subaccount"
            assert (await alice.call("private/get_account_summary"))["type"] == "main"
