"""Who trades in the month, and what each of them asks for from hour to hour.

Four providers, three who buy for their jobs, a market maker who is short now and then, and a gambler
who is so without the means to stay it.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import CommandKind, Phase, QuoteFlag, Side
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.domain.units import MICROS_PER_DOLLAR, NS_PER_HOUR
from exchange.engine import Engine
from tests.orders import limit, named

PROVIDERS = ("north", "south", "east", "west")
BUYERS = ("lab", "studio", "startup")
MAKER, GAMBLER = "maker", "gambler"
NAMES = (*PROVIDERS, *BUYERS, MAKER, GAMBLER)

_CASH_USD = {**dict.fromkeys(PROVIDERS, 60_000), **dict.fromkeys(BUYERS, 400_000), MAKER: 200_000, GAMBLER: 200}
_BOND_USD = 20_000
_NODES = 4  # of each provider, of each SKU in each region
_BASE_TICKS = {"H100SXM": 2_400, "B200SXM": 4_100, "H100SXMIB": 3_000}
_REGION_PERCENT = {"USE": 100, "USW": 97, "EUW": 106, "APN": 111}
# How dear each hour of the day is, in percent.
_HOUR_PERCENT = (
    88,
    86,
    85,
    85,
    86,
    89,
    93,
    98,
    103,
    107,
    110,
    112,
    112,
    111,
    110,
    110,
    109,
    108,
    106,
    104,
    101,
    97,
    93,
    90,
)
_HOURS_TRADED = 10


def fair_ticks(contract: Contract) -> int:
    """What everybody more or less believes; of a strip the sum over its hours."""
    base = _BASE_TICKS[contract.sku.code] * _REGION_PERCENT[contract.region.code]
    return sum(base * _HOUR_PERCENT[hour % 24] // 10_000 for hour in contract.delivery_hours)


class Traders:
    """Draws what is asked for from one seed and what the engine shows."""

    def __init__(self, engine: Engine, seed: int, pairs: list[tuple[str, str]]) -> None:
        self._engine = engine
        self._random = Random(seed)
        self._pairs = pairs
        self._strips: dict[tuple[str, str], list[tuple[int, Contract]]] = {pair: [] for pair in pairs}
        self._known = 0
        self._ids = 0

    def opening(self) -> list[Command]:
        """Accounts, their cash, the bonds of the providers, and who may be short on margin."""
        opened = [named(CommandKind.OPEN_ACCOUNT, name, maker_fee_bps=1, taker_fee_bps=4) for name in NAMES]
        deposits = [
            named(CommandKind.CASH, "deposit", account=number, amount=_CASH_USD[name] * MICROS_PER_DOLLAR)
            for number, name in enumerate(NAMES, 1)
        ]
        bonds = [
            named(CommandKind.BOND, "bond", account=number, amount=_BOND_USD * MICROS_PER_DOLLAR)
            for number, name in enumerate(NAMES, 1)
            if name in PROVIDERS
        ]
        terms = [
            Command(kind=CommandKind.MARGIN_TERMS, account=self._number(name), maker_fee_bps=5_000, option=1)
            for name in (MAKER, GAMBLER)
        ]
        return [*opened, *deposits, *bonds, *terms, Command(kind=CommandKind.FIXING_LOTS, lots=2)]

    def declarations(self, contracts: list[Contract]) -> list[Command]:
        """Each provider has nodes of half of all pairs of SKU and region, in every hour as it is listed."""
        commands = []
        for number, contract in enumerate(contracts[self._known :], self._known):
            pair = _pair_of(contract)
            if contract.hours > 1:
                self._strips[pair].append((number, contract))
                continue
            commands += [
                Command(kind=CommandKind.CAPACITY, account=self._number(name), contract=number, lots=_NODES)
                for name in self._providers(pair)
            ]
        self._known = len(contracts)
        return commands

    def hourly(self, now_ns: int) -> list[Command]:
        """What is asked for at the beginning of an hour."""
        random, hour = self._random, now_ns // NS_PER_HOUR
        commands: list[Command] = []
        for pair in self._pairs:
            for ahead in random.sample(range(2, 2 + _HOURS_TRADED), 2):
                commands += self._hour(pair, hour + ahead)
            if random.random() < 0.25:
                commands += self._strip(pair, hour)
        commands += self._quotes(hour)
        return commands

    def _hour(self, pair: tuple[str, str], hour: int) -> list[Command]:
        random = self._random
        number = self._engine.find_contract(_hour(pair, hour).symbol)
        if number is None or not self._trades(number):
            return []
        fair = fair_ticks(_hour(pair, hour))
        asks = [
            self._order(random.choice(self._providers(pair)), Side.SELL, number, fair * random.randint(98, 108) // 100)
            for _ in range(2)
        ]
        bids = [self._order(random.choice(BUYERS), Side.BUY, number, fair * random.randint(97, 109) // 100)]
        orders = asks + bids
        random.shuffle(orders)
        return orders

    def _strip(self, pair: tuple[str, str], hour: int) -> list[Command]:
        """A job that wants the same hours in one piece, or somebody who sells them so."""
        random = self._random
        near_ns = (hour + 30) * NS_PER_HOUR
        self._strips[pair] = [known for known in self._strips[pair] if known[1].gate_ns > hour * NS_PER_HOUR]
        near = [known for known in self._strips[pair] if known[1].gate_ns < near_ns and self._trades(known[0])]
        if not near:
            return []
        number, contract = random.choice(near)
        fair = fair_ticks(contract)
        if random.random() < 0.7:
            return [self._order(random.choice(BUYERS), Side.BUY, number, fair * 104 // 100, 1)]
        return [self._order(random.choice(PROVIDERS), Side.SELL, number, fair * 99 // 100, 1)]

    def _quotes(self, hour: int) -> list[Command]:
        """The maker stands on both sides of some hours without a node of its own."""
        quotes = []
        for pair in self._random.sample(self._pairs, 4):
            contract = _hour(pair, hour + self._random.randint(3, 6))
            number = self._engine.find_contract(contract.symbol)
            if number is not None and self._trades(number):
                fair = fair_ticks(contract)
                quotes.append(
                    Command(
                        kind=CommandKind.QUOTE,
                        account=self._number(MAKER),
                        contract=number,
                        price_ticks=fair * 98 // 100,
                        lots=2,
                        trigger_ticks=fair * 102 // 100,
                        display_lots=2,
                        flags=QuoteFlag.FIRST,
                    )
                )
        return quotes

    def attestations(self, ended: list[int]) -> list[Command]:
        """What the nodes delivered in hours that are over: west fails now and then, east forgets to say it."""
        random = self._random
        commands = []
        for number in ended:
            for nomination in self._engine.nominations(number):
                seller = NAMES[nomination.seller - 1]
                if seller == "east" and random.random() < 0.1:
                    continue
                failed = seller == "west" and random.random() < 0.2
                minutes = random.choice([0, 20, 45]) if failed else 60
                commands.append(named(CommandKind.ATTEST, nomination.node, contract=number, lots=minutes))
        return commands

    def closings(self, contracts: list[Contract], called: Sequence[int]) -> list[Command]:
        """Some come to the closing call, where both sides meet at one price."""
        commands = []
        for number in called:
            contract, random = contracts[number], self._random
            if contract.hours == 1 and random.random() < 0.3:
                fair, providers = fair_ticks(contract), self._providers(_pair_of(contract))
                commands.append(self._order(random.choice(BUYERS), Side.BUY, number, fair * 105 // 100, 2))
                commands.append(self._order(random.choice(providers), Side.SELL, number, fair * 97 // 100, 2))
        return commands

    def anywhere(self, now_ns: int) -> list[Command]:
        """A job that does not mind where it runs: an hour of one SKU in any of four regions, at one price for all."""
        sku = self._random.choice(sorted({sku for sku, _ in self._pairs}))
        hour = now_ns // NS_PER_HOUR + self._random.randint(3, 9)
        contracts = [_hour(pair, hour) for pair in self._pairs if pair[0] == sku]
        numbers = [self._engine.find_contract(contract.symbol) for contract in contracts]
        home = numbers[0]
        if home is None or not all(number is not None and self._trades(number) for number in numbers):
            return []
        base = fair_ticks(contracts[0]) * self._random.choice([97, 103]) // 100
        order = self._order(self._random.choice(BUYERS), Side.BUY, home, base, 3)
        text = {name: getattr(order, name) for name in ("text_0", "text_1", "text_2", "text_3")}
        members = [
            Command(
                kind=CommandKind.MEMBER,
                account=order.account,
                contract=number,
                offset_ticks=fair_ticks(contract) - fair_ticks(contracts[0]),
                **text,
            )
            for number, contract in zip(numbers, contracts, strict=True)
            if number is not None
        ]
        return [order._replace(kind=CommandKind.WILDCARD, option=len(members)), *members]

    def gamble(self, now_ns: int) -> list[Command]:
        """Two hours sold to whoever bids, from an empty hand."""
        commands = []
        for ahead in (7, 8):
            contract = _hour(self._pairs[0], now_ns // NS_PER_HOUR + ahead)
            number = self._engine.find_contract(contract.symbol)
            if number is not None and self._trades(number):
                fair = fair_ticks(contract)
                commands.append(self._order("lab", Side.BUY, number, fair, 4))
                commands.append(self._order(GAMBLER, Side.SELL, number, fair, 4))
        return commands

    def _order(self, name: str, side: Side, number: int, price_ticks: int, lots: int = 0) -> Command:
        self._ids += 1
        lots = lots or self._random.randint(1, 2)
        return limit(self._number(name), side, price_ticks, lots, number, **text_columns(f"{name}-{self._ids}"))

    def _number(self, name: str) -> int:
        return NAMES.index(name) + 1

    def _trades(self, number: int) -> bool:
        return self._engine.phase(number) == Phase.CONTINUOUS

    def _providers(self, pair: tuple[str, str]) -> list[str]:
        place = self._pairs.index(pair)
        return [name for number, name in enumerate(PROVIDERS) if (place + number) % 4 < 2]


def _hour(pair: tuple[str, str], hour: int) -> Contract:
    sku, region = pair
    return hour_contract(CATALOGUE.sku(sku), CATALOGUE.region(region), hour)


def _pair_of(contract: Contract) -> tuple[str, str]:
    return contract.sku.code, contract.region.code
