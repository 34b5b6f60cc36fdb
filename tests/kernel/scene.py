"""What a generator sees and draws from: the market as it stood before the batch, a clock, and chance."""

from __future__ import annotations

from random import Random

from exchange.domain.enums import CommandKind
from exchange.domain.records import Command
from exchange.domain.text import EMPTY, WORD_END, TextWords
from exchange.domain.units import LOTS_MAX, NEVER_NS
from tests.kernel.tempers import Temper
from tests.reference.contracts import Contract
from tests.reference.market import Market
from tests.reference.orders import Order

START_NS = 1_796_000_000_000_000_000


class Scene:
    """Accounts, contracts, sizes and texts that are mostly possible; times never decrease."""

    def __init__(self, seed: int, market: Market, temper: Temper) -> None:
        self.random = Random(seed)
        self.market = market
        self.temper = temper
        self.time_ns = START_NS
        self.live: list[Order] = []
        self.used: list[TextWords] = [EMPTY]
        self._texts = 0
        self._open: list[int] = []
        self._made = 0
        self._later: list[tuple[int, Command]] = []

    def look(self) -> None:
        """See which orders and contracts are open."""
        self.live = list(self.market.orders.values())
        self._open = [
            number for number, contract in enumerate(self.market.contracts) if not contract.closed(self.time_ns)
        ][-8 if self.temper.strips else -3 :]

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def command(self, kind: CommandKind, **columns: int) -> Command:
        return Command(time_ns=self.time_ns, kind=kind, **columns)

    def later(self, command: Command, commands: int) -> None:
        """Ask for ``command`` when about so many others were made: what was switched on goes off again."""
        self._later.append((self._made + self.random.randint(1, commands), command))

    def due(self) -> Command | None:
        """What was put off until now."""
        self._made += 1
        for place, (when, command) in enumerate(self._later):
            if when <= self._made:
                del self._later[place]
                return command._replace(time_ns=self.time_ns)
        return None

    def account(self) -> int:
        return self.random.randint(1, max(1, len(self.market.accounts) - 1))

    def contract(self) -> int:
        """Mostly one that is open."""
        if self._open and self.chance(0.93):
            return self.random.choice(self._open)
        return self.random.randint(0, max(0, len(self.market.contracts) - 1))

    def hour(self) -> int:
        """Mostly one that is no strip."""
        contract = self.contract()
        listed = self.listed(contract)
        return self.hour() if listed and listed.legs and self.chance(0.9) else contract

    def listed(self, contract: int) -> Contract | None:
        return self.market.contracts[contract] if 0 <= contract < len(self.market.contracts) else None

    def is_known(self, account: int, contract: int) -> bool:
        return 0 < account < len(self.market.accounts) and self.listed(contract) is not None

    def lots(self) -> int:
        return int((self.temper.lots_max + 1) ** self.random.random())

    def price_ticks(self) -> int:
        return self.temper.price_ticks(self.random)

    def near_ticks(self, ticks: int) -> int:
        """Close to a price, if there is one, or anywhere."""
        return max(1, ticks + self.random.randint(-4, 4)) if ticks and self.chance(0.75) else self.price_ticks()

    def soon_ns(self) -> int:
        return self.time_ns + self.random.randint(-2 if self.chance(0.05) else 1, 400) * self.temper.pace_ns

    def expiry_ns(self) -> int:
        return NEVER_NS if self.chance(0.03) else self.soon_ns()

    def all_lots(self, account: int, contract: int, side: int, price_ticks: int) -> int:
        """The most that the account can buy or sell at this price now."""
        if side == 0:
            per_lot_micros = self.market.per_lot_micros(account, contract, price_ticks)
            lots = self.market.accounts[account].free_micros // max(1, per_lot_micros)
        else:
            lots = self.market.accounts[account].position(contract).sellable_lots
        return max(0, min(lots, LOTS_MAX))

    def new_text(self, *, spread: bool = False) -> TextWords:
        """A different id each time; ``spread`` makes ids that differ only in the last of the four words."""
        self._texts += 1
        number = self._texts
        word = number // 64 % 64 + 1 + 65 * (number % 64 + 1) + 65**2 * (number // 4096 + 1)
        return (WORD_END - 1, WORD_END - 1, WORD_END - 1, word) if spread else (word, 0, 0, 0)

    def text(self) -> dict[str, int]:
        """No text, one that was used before, or a new one."""
        chance = self.random.random()
        if chance < 0.4:
            return {}
        if chance < 0.45:
            return text_columns(self.random.choice(self.used))
        words = self.new_text(spread=chance < 0.55)
        self.used.append(words)
        return text_columns(words)


def text_columns(words: TextWords) -> dict[str, int]:
    return {"text_0": words[0], "text_1": words[1], "text_2": words[2], "text_3": words[3]}
