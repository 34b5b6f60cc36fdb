"""The most that can be held in each hour if everything working fills: what inventory limits are held against.

An order counts with the most it may have open, in flight or not; a quote or ladder with its ceiling, which the
reconciler keeps to also while the orders before it are still in the book. A strip counts in each of its hours.
"""

from collections.abc import Iterable, Sequence

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_HOUR
from strategies.base.context import Context
from strategies.base.intents import Rung

Hour = tuple[str, str, int]  # SKU, region, hours since 1970


def hours_of(contract: Contract) -> list[Hour]:
    return [(contract.sku.code, contract.region.code, hour) for hour in contract.delivery_hours]


def growth(orders: Sequence[int], rungs: Iterable[Rung]) -> int:
    """How many lots more than ``orders`` have open would do on the way to ``rungs``, whichever becomes which.

    The reconciler makes an order into a rung, or places a rung and pulls an order; the worst pairing is that of the
    largest rung with the smallest order.
    """
    wanted = sorted((rung.lots for rung in rungs), reverse=True)
    before = sorted(orders)[: len(wanted)]
    before = [0] * (len(wanted) - len(before)) + before
    return sum(max(0, lots - open_lots) for lots, open_lots in zip(wanted, before, strict=True))


class Exposure:
    """Kept up to date contract by contract: ``look`` at one whose orders, wants or position have changed."""

    def __init__(self) -> None:
        # Of each contract: position, lots that may be bought, lots that may be sold.
        self._known: dict[str, tuple[int, int, int]] = {}
        self._contracts: dict[str, Contract] = {}
        self._hours: dict[str, list[Hour]] = {}
        self._hour: dict[Hour, list[int]] = {}  # position, may be bought, may be sold
        self._place: dict[tuple[str, str], int] = {}  # lots, the worst of each hour
        self._gpus: dict[tuple[str, str], int] = {}

    def look(self, ctx: Context, contract: Contract) -> None:
        open_lots = [most_open(ctx, contract, side) for side in (Side.BUY, Side.SELL)]
        self.put(contract, ctx.position(contract), open_lots[0], open_lots[1])

    def put(self, contract: Contract, position: int, bought: int, sold: int) -> None:
        symbol = contract.symbol
        before = self._known.get(symbol, (0, 0, 0))
        if before == (position, bought, sold):
            return
        self._known[symbol] = position, bought, sold
        self._contracts[symbol] = contract
        self._gpus[contract.sku.code, contract.region.code] = contract.sku.gpus_per_node
        for hour in self.hours(contract):
            cell = self._hour.setdefault(hour, [0, 0, 0])
            worst = _worst(cell)
            for part, (new, old) in enumerate(zip(self._known[symbol], before, strict=True)):
                cell[part] += new - old
            self._place[hour[:2]] = self._place.get(hour[:2], 0) + _worst(cell) - worst

    def set_side(self, ctx: Context, contract: Contract, side: Side, lots: int) -> None:
        """Of this contract, ``lots`` may still be traded on this side, and on the other what was known."""
        _, bought, sold = self._known.get(contract.symbol, (0, 0, 0))
        position = ctx.position(contract)
        if side == Side.BUY:
            self.put(contract, position, lots, sold)
        else:
            self.put(contract, position, bought, lots)

    def add(self, contract: Contract, side: Side, lots: int) -> None:
        position, bought, sold = self._known.get(contract.symbol, (0, 0, 0))
        if side == Side.BUY:
            self.put(contract, position, bought + lots, sold)
        else:
            self.put(contract, position, bought, sold + lots)

    def forget_gated(self, now_ns: int) -> None:
        """What cannot be traded any more is not counted, of a strip once the gate of its last hour has passed."""
        for symbol, contract in list(self._contracts.items()):
            if contract.gate_ns + (contract.hours - 1) * NS_PER_HOUR <= now_ns:
                self.put(contract, 0, 0, 0)
                del self._contracts[symbol], self._known[symbol]

    def hours(self, contract: Contract) -> list[Hour]:
        found = self._hours.get(contract.symbol)
        if found is None:
            found = self._hours[contract.symbol] = hours_of(contract)
        return found

    def side(self, contract: Contract, side: Side) -> int:
        """Lots that may still be traded on this side of this contract, as last put."""
        return self._known.get(contract.symbol, (0, 0, 0))[1 if side == Side.BUY else 2]

    def position(self, hour: Hour) -> int:
        return self._hour.get(hour, _NONE)[0]

    def reach(self, hour: Hour, side: Side) -> int:
        """The most that can be long (BUY) or short (SELL) in this hour."""
        position, bought, sold = self._hour.get(hour, _NONE)
        return position + bought if side == Side.BUY else sold - position

    def worst(self, hour: Hour) -> int:
        return _worst(self._hour.get(hour, _NONE))

    def place_lots(self, hour: Hour) -> int:
        """Of the hour's place: the sum of the worst of each of its hours."""
        return self._place.get(hour[:2], 0)

    @property
    def total_gpu_hours(self) -> int:
        return sum(lots * self._gpus[place] for place, lots in self._place.items())


_NONE = [0, 0, 0]


def _worst(cell: Sequence[int]) -> int:
    return max(cell[0] + cell[1], cell[2] - cell[0])


def managed_open(ctx: Context, contract: Contract, side: Side) -> list[int]:
    """Of each order that stands for a quote or ladder, the most it can still trade."""
    return [order.most_open_lots for order in ctx.orders(contract) if order.side == side and order.is_managed]


def own_open(ctx: Context, contract: Contract, side: Side) -> int:
    """What the orders that the strategy looks after itself can still trade."""
    return sum(order.most_open_lots for order in ctx.orders(contract) if order.side == side and not order.is_managed)


def most_open(ctx: Context, contract: Contract, side: Side) -> int:
    """Everything that may still trade on this side, up to its ceiling if anything is wanted."""
    managed = sum(managed_open(ctx, contract, side))
    ceiling = ctx.ceiling(contract, side) if ctx.wants(contract, side) else None
    return own_open(ctx, contract, side) + max(managed, ceiling or 0)
