"""Statements of those who ask, made from the journal by another process; over HTTP as CSV."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from exchange.domain.dates import NS_PER_DAY, BadDay, parse_day
from exchange.gateway.mirror.venue import Mirror
from exchange.gateway.session.gatekeeper import SCOPE_READ, Gatekeeper
from exchange.node import NodeStopped
from exchange.replaying.questions import OfAccount
from exchange.replaying.replayer import Busy, NoAnswer, Replayer
from exchange.wire.refusals import Code, Refusal
from exchange.wire.requests.account import GetStatement

# More is for `gpux statement`.
ENTRIES_MAX = {"day": 10_000, "hours": 200_000, "csv": 100_000, "csv-hours": 200_000}
_STATUS = {Code.TOO_MANY_REQUESTS: 429, Code.INVALID_PARAMS: 400}


class Statements:
    """One replay at a time, whoever asks, and one that is made or waits for each account."""

    def __init__(
        self,
        replayer: Replayer,
        mirror: Mirror,
        gatekeeper: Gatekeeper,
        client_of: Callable[[web.Request], str],
        clock_ns: Callable[[], int],
    ) -> None:
        self._replayer = replayer
        self._mirror = mirror
        self._gatekeeper = gatekeeper
        self._client_of = client_of
        self._clock_ns = clock_ns
        self._asking: set[str] = set()

    async def make(self, account: str, day: str | None, form: str) -> bytes:
        """The statement of an account in one of the forms of ENTRIES_MAX. Raises Refusal."""
        if account in self._asking:
            raise Refusal(Code.TOO_MANY_REQUESTS, "a statement of this account is being made; wait for it")
        self._asking.add(account)
        try:
            return await self._make(account, day, form)
        finally:
            self._asking.remove(account)

    async def _make(self, account: str, day: str | None, form: str) -> bytes:
        try:
            number = self._clock_ns() // NS_PER_DAY if day is None else parse_day(day)
            made: bytes = await self._replayer.ask(OfAccount(account, number, form, ENTRIES_MAX[form]))
        except BadDay as error:
            raise Refusal(Code.INVALID_PARAMS, str(error), param="day") from None
        except Busy as error:
            raise Refusal(Code.TOO_MANY_REQUESTS, str(error)) from None
        except NoAnswer as error:
            raise Refusal(Code.OTHER_REJECT, f"{error}; ask for it by hour, or the operator") from None
        except NodeStopped:
            raise Refusal(Code.BOOK_CLOSED, "the venue is stopping; connect again later") from None
        return made

    async def csv(self, http: web.Request) -> web.Response:
        """``GET /api/v2/private/get_statement.csv?day=2026-12-01`` with a key, as any request over HTTP."""
        texts = dict(http.query)
        try:
            if not texts.keys() <= {"day", "hourly"} or texts.get("hourly", "false") not in ("true", "false"):
                raise Refusal(Code.INVALID_PARAMS, "the parameters are day=2026-12-01 and hourly=true, each once")
            account = self._account(http)
            form = "csv-hours" if texts.get("hourly") == "true" else "csv"
            made = await self.make(account, texts.get("day"), form)
        except Refusal as refusal:
            return web.Response(status=_STATUS.get(refusal.code, 403), text=f"{refusal.advice}\n")
        return web.Response(body=made, content_type="text/csv", charset="utf-8")

    def _account(self, http: web.Request) -> str:
        """Whom the holder of a key may read. Raises Refusal."""
        authorization = http.headers.get("Authorization", "")
        request = (http.method, http.raw_path, "")
        key = self._gatekeeper.bearer(authorization, request, self._clock_ns(), self._client_of(http))
        if SCOPE_READ not in key.scopes:
            raise Refusal(Code.FORBIDDEN, f"this key lacks the scope {SCOPE_READ}; use a key that has it")
        account = self._mirror.by_name.get(key.account)
        if account is None or not account.number:
            raise Refusal(Code.FORBIDDEN, f"account {key.account!r} is not open yet; try again in a moment")
        return account.name


def form_of(params: GetStatement) -> str:
    return "hours" if params.hourly else "day"
