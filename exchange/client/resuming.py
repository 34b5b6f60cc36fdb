"""Going on with an account after a break: what was missed is asked for, and the outcome is verified."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from exchange.client.account import Account
from exchange.client.errors import ApiError, ConnectionLost
from exchange.client.frames import decode_result
from exchange.client.link import Link
from exchange.wire.private import AccountState, EventList, PrivateEvent

PAGE = 1000
GONE = ("no_archive", "archive_failed")

Tell = Callable[[list[PrivateEvent]], None]


async def begin(link: Link, account: Account, tell: Tell) -> None:
    """Take the account as it is now; what happened before is nobody's news. Its events are subscribed."""
    state = await _state(link)
    account.begin(state)
    _finish(account, state, tell)


async def resume(link: Link, account: Account, tell: Tell) -> None:
    """Tell and count every event since the last. Its events are subscribed already.

    An account whose numbers went back is of a venue that began anew, so that it begins anew here.
    """
    if not account.begun:
        await begin(link, account, tell)
        return
    while True:
        page = await _page(link, account.seq + 1)
        if page is None or page.last_seq < account.seq:
            account.losses += 1
            await begin(link, account, tell)
            return
        new = account.take(page.events)
        if new is None or (not new and page.has_more):
            raise _torn()
        tell(new)
        if not page.has_more:
            break
    # What came since is on its way on this link, ahead of this answer or behind it.
    _finish(account, await _state(link), tell)
    account.resumes += 1


def _finish(account: Account, state: AccountState, tell: Tell) -> None:
    new = account.settle(state)
    if new is None:
        raise _torn()
    tell(new)


async def _page(link: Link, from_seq: int) -> EventList | None:
    """None if the exchange does not have them any more."""
    try:
        found = await link.call("private/get_events", {"from_seq": from_seq, "count": PAGE})
    except ApiError as error:
        if error.reason in GONE:
            return None
        raise
    return cast(EventList, decode_result(found, EventList))


async def _state(link: Link) -> AccountState:
    return cast(AccountState, decode_result(await link.call("private/get_account_state", {}), AccountState))


def _torn() -> ConnectionLost:
    return ConnectionLost("the exchange's events of the account have a gap; starting over")
