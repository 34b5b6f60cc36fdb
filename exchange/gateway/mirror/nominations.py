"""Nodes that serve buyers, as both of them see it."""

from __future__ import annotations

from collections.abc import Iterator

from exchange.domain.enums import Phase
from exchange.engine import Engine
from exchange.gateway.mirror.accounts import Account
from exchange.gateway.mirror.markets import Market
from exchange.wire.delivery import Nomination


class NominationRecord:
    """Mutable; only the mirror changes it. ``minutes`` is below 0 until they are attested."""

    __slots__ = ("buyer", "compensated_minutes", "market", "minutes", "node", "provider")

    def __init__(self, market: Market, node: str, provider: Account, buyer: Account) -> None:
        self.market = market
        self.node = node
        self.provider = provider
        self.buyer = buyer
        self.minutes = -1
        self.compensated_minutes = 0

    def message(self) -> Nomination:
        return Nomination(
            instrument_name=self.market.symbol,
            node=self.node,
            provider=self.provider.name,
            buyer=self.buyer.name,
            minutes=self.minutes if self.minutes >= 0 else None,
            compensated_minutes=self.compensated_minutes,
        )


class Nominations:
    """All of them, by contract and node."""

    def __init__(self) -> None:
        # Who may attest for whom, by name.
        self.agents: dict[str, str] = {}
        self._records: dict[int, dict[str, NominationRecord]] = {}

    def take_over(self, engine: Engine, markets: list[Market], accounts: list[Account]) -> None:
        for market in markets:
            for view in engine.nominations(market.number):
                record = self.add(market, view.node, accounts[view.seller], accounts[view.buyer])
                record.minutes, record.compensated_minutes = view.minutes, view.compensated_minutes

    def add(self, market: Market, node: str, provider: Account, buyer: Account) -> NominationRecord:
        record = NominationRecord(market, node, provider, buyer)
        self._records.setdefault(market.number, {})[node] = record
        return record

    def get(self, contract: int, node: str) -> NominationRecord | None:
        return self._records.get(contract, {}).get(node)

    def may_attest(self, account: Account, record: NominationRecord) -> bool:
        """Whether the account is the provider, or speaks for it."""
        return account is record.provider or self.agents.get(record.provider.name) == account.name

    def of(self, account: Account, market: Market | None) -> Iterator[NominationRecord]:
        """Those that the account delivers, gets or attests; of one market, or of all that are not settled."""
        for number in list(self._records) if market is None else [market.number]:
            for record in self._records.get(number, {}).values():
                if market is None and record.market.phase == Phase.SETTLED:
                    break
                if account is record.buyer or self.may_attest(account, record):
                    yield record
