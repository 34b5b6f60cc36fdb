"""What a client says about its silence: what becomes of its orders when it is lost, or not heard of in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.markets import NS_PER_MS
from exchange.gateway.session.leaving import Leaving
from exchange.gateway.session.safety import Safety
from exchange.wire import commands
from exchange.wire.holders import CancelsAllAfter, CancelsOnDisconnect
from exchange.wire.requests.cancels import CancelAllAfter, CancelOnDisconnect, GetCancelOnDisconnect


def enable(safety: Safety, leaving: Leaving, account: Account, params: CancelOnDisconnect, now_ns: int) -> str:
    return _choose(safety, leaving, account, params, now_ns, wanted=True)


def disable(safety: Safety, leaving: Leaving, account: Account, params: CancelOnDisconnect, now_ns: int) -> str:
    return _choose(safety, leaving, account, params, now_ns, wanted=False)


def chosen(
    safety: Safety, leaving: Leaving, account: Account, params: GetCancelOnDisconnect, now_ns: int
) -> CancelsOnDisconnect:
    asked = safety if params.scope == "account" else leaving
    return CancelsOnDisconnect(params.scope, asked.cancels(account.number))


def arm(safety: Safety, leaving: Leaving, account: Account, params: CancelAllAfter, now_ns: int) -> CancelsAllAfter:
    commands.refuse_late(params.valid_until, now_ns)
    deadline_ns = now_ns + params.timeout * NS_PER_MS if params.timeout else 0
    safety.arm(account.number, deadline_ns)
    return CancelsAllAfter(now_ns // NS_PER_MS, deadline_ns // NS_PER_MS)


def _choose(
    safety: Safety, leaving: Leaving, account: Account, params: CancelOnDisconnect, now_ns: int, *, wanted: bool
) -> str:
    commands.refuse_late(params.valid_until, now_ns)
    if params.scope == "account":
        safety.choose(account.number, wanted)
    else:
        leaving.choice = wanted
    return "ok"


ANSWERS: dict[str, Callable[[Safety, Leaving, Account, Any, int], object]] = {
    "private/cancel_all_after": arm,
    "private/disable_cancel_on_disconnect": disable,
    "private/enable_cancel_on_disconnect": enable,
    "private/get_cancel_on_disconnect": chosen,
}
