"""The one quote reconciler: wants + what is working + what is in flight -> the fewest messages.

It keeps an order whose price and size already fit, moves an order rather than cancelling and
placing another, never has two messages in flight for one order, and holds a message back while
it could meet an order of one's own. What a fill took is no longer wanted, and a want that the venue
refused waits, until the strategy states its wants again: no fill makes it trade more than it
said, and no refusal becomes a storm.
"""

from collections.abc import Iterable, Iterator

from exchange.domain.enums import OrderType, Side
from exchange.domain.instruments import Contract
from exchange.domain.units import LOTS_MAX
from strategies.base.intents import Cancel, Ceiling, Intent, Ladder, New, Quote, Replace, Rung
from strategies.base.matching import nearest_pairs, tidy
from strategies.base.messages import Amend, Message, Place, Pull
from strategies.base.working import Flight, WorkingOrder

Book = tuple[str, Side]  # one side of one contract, by symbol


class Reconciler:
    """``prefix`` starts every client id and must differ between runs of one account.

    ``refill_share``: an order at the right price is topped up, at the cost of its place in the
    queue, only when less than this share of the wanted lots is left.
    """

    def __init__(self, prefix: str = "", refill_share: float = 0.5) -> None:
        self._prefix = prefix
        self._refill_share = refill_share
        self._placed = 0
        self.orders: dict[str, WorkingOrder] = {}
        self._of_contract: dict[str, dict[str, WorkingOrder]] = {}
        self._wants: dict[Book, tuple[Rung, ...]] = {}
        self._post_only: dict[Book, bool] = {}
        self._ceilings: dict[Book, int] = {}
        self._refused: set[tuple[str, Side, int]] = set()

    def of_contract(self, contract: Contract) -> Iterable[WorkingOrder]:
        return self._of_contract.get(contract.symbol, {}).values()

    def wants(self, contract: Contract, side: Side) -> tuple[Rung, ...]:
        """What is wanted of a quote or ladder on this side, fills taken off."""
        return self._wants.get((contract.symbol, side), ())

    def ceiling(self, contract: Contract, side: Side) -> int | None:
        """How many lots may be open at once for quotes and ladders on this side; None if nobody said."""
        return self._ceilings.get((contract.symbol, side))

    def state(self, intents: Iterable[Intent]) -> list[Message]:
        """Take in what the strategy wants now; what it said before about other sides stands."""
        messages: list[Message] = []
        contracts: dict[str, Contract] = {}
        for intent in intents:
            if isinstance(intent, Quote):
                self._want_quote(intent)
                contracts[intent.contract.symbol] = intent.contract
            elif isinstance(intent, Ladder):
                self._want(intent.contract, intent.side, tidy(intent.rungs), intent.post_only)
                contracts[intent.contract.symbol] = intent.contract
            elif isinstance(intent, Ceiling):
                self._ceilings[intent.contract.symbol, intent.side] = intent.lots
            elif isinstance(intent, New):
                messages += self._place_own(intent)
            else:
                messages += self._act(intent)
        for contract in contracts.values():
            messages += self.reconcile(contract)
        return messages

    def reconcile(self, contract: Contract) -> list[Message]:
        """The messages that bring this contract nearer to what is wanted, given what is in flight."""
        messages: list[Message] = []
        for side in (Side.BUY, Side.SELL):
            messages += self._reconcile_side(contract, side)
        return messages

    def answered(self, client_id: str, price_ticks: int, lots: int, filled_lots: int, is_open: bool) -> None:
        """The venue did what the message in flight asked."""
        order = self.orders.get(client_id)
        if order is None:
            return
        order.flight = Flight.NONE
        order.price_ticks, order.lots = price_ticks, lots
        self.filled(client_id, filled_lots)
        if not is_open:
            self.gone(client_id)

    def refused(self, client_id: str, is_gone: bool) -> None:
        """The venue refused the message in flight; ``is_gone`` if the order does not (or no longer) exist."""
        order = self.orders.get(client_id)
        if order is None:
            return
        if order.is_managed and order.flight in (Flight.PLACE, Flight.AMEND):
            self._refused.add((order.contract.symbol, order.side, order.next_price_ticks))
        is_gone = is_gone or order.flight is Flight.PLACE
        order.flight = Flight.NONE
        if is_gone or order.open_lots <= 0:
            self.gone(client_id)

    def filled(self, client_id: str, filled_lots: int) -> None:
        """``filled_lots`` counts from the order's beginning, so news may come twice or out of order."""
        order = self.orders.get(client_id)
        if order is None:
            return
        if order.is_managed and filled_lots > order.filled_lots:
            self._use_up(order, filled_lots - order.filled_lots)
        order.filled_lots = max(order.filled_lots, filled_lots)
        if order.open_lots <= 0 and order.flight is not Flight.AMEND:
            self.gone(client_id)

    def gone(self, client_id: str) -> None:
        order = self.orders.pop(client_id, None)
        if order is not None:
            del self._of_contract[order.contract.symbol][client_id]

    def wishes(self, contract: Contract) -> list[Message]:
        """Explicit acts that waited for an answer and can go out now."""
        ready = [order for order in self.of_contract(contract) if order.wish and order.flight is Flight.NONE]
        messages: list[Message] = []
        for order in ready:
            wish, order.wish = order.wish, None
            messages += self._act(wish) if wish else []
        return messages

    def _want_quote(self, quote: Quote) -> None:
        assert not (quote.bid_lots and quote.ask_lots) or quote.bid_ticks < quote.ask_ticks, f"{quote} is crossed"
        self._want(quote.contract, Side.BUY, tidy((Rung(quote.bid_ticks, quote.bid_lots),)), True)
        self._want(quote.contract, Side.SELL, tidy((Rung(quote.ask_ticks, quote.ask_lots),)), True)

    def _want(self, contract: Contract, side: Side, rungs: tuple[Rung, ...], post_only: bool) -> None:
        book = (contract.symbol, side)
        self._wants[book] = rungs
        self._post_only[book] = post_only
        if self._refused:
            self._refused = {refused for refused in self._refused if refused[:2] != book}

    def _use_up(self, order: WorkingOrder, lots: int) -> None:
        """Take what was traded off the ceiling, and off the want that the order stands for: the nearest."""
        book = (order.contract.symbol, order.side)
        if book in self._ceilings:
            self._ceilings[book] = max(0, self._ceilings[book] - lots)
        rungs = self._wants[order.contract.symbol, order.side]
        if rungs:
            nearest = min(rungs, key=lambda rung: abs(rung.price_ticks - order.next_price_ticks))
            rest = nearest._replace(lots=nearest.lots - lots)
            self._wants[order.contract.symbol, order.side] = tidy(rest if rung is nearest else rung for rung in rungs)

    def _reconcile_side(self, contract: Contract, side: Side) -> Iterator[Message]:
        wants = list(self._wants.get((contract.symbol, side), ()))
        orders = [order for order in self.of_contract(contract) if order.side == side and order.is_managed]
        for order in list(orders):
            fitting = next((want for want in wants if self._fits(order, want)), None)
            if fitting:
                wants.remove(fitting)
                orders.remove(order)
        for order, want in nearest_pairs(orders, wants):
            orders.remove(order)
            wants.remove(want)
            yield from self._amend(order, want)
        for order in orders:
            yield from self._pull(order)
        for want in wants:
            yield from self._place(contract, side, want)

    def _fits(self, order: WorkingOrder, want: Rung) -> bool:
        if order.flight is Flight.PULL or order.next_price_ticks != want.price_ticks:
            return False
        return want.lots * self._refill_share <= order.next_open_lots <= want.lots

    def _amend(self, order: WorkingOrder, want: Rung) -> Iterator[Message]:
        if order.flight is not Flight.NONE or self._must_wait(order.contract, order.side, want.price_ticks):
            return
        lots = min(want.lots, max(order.open_lots, self._room(order.contract, order.side, order)))
        order.flight = Flight.AMEND
        order.flight_price_ticks = want.price_ticks
        order.flight_lots = order.filled_lots + (lots if order.is_managed else want.lots)
        yield Amend(order.client_id, order.contract, order.flight_price_ticks, order.flight_lots)

    def _pull(self, order: WorkingOrder) -> Iterator[Message]:
        if order.flight is Flight.NONE:
            order.flight = Flight.PULL
            yield Pull(order.client_id, order.contract)

    def _place(self, contract: Contract, side: Side, want: Rung) -> Iterator[Message]:
        lots = min(want.lots, self._room(contract, side))
        if lots <= 0 or self._must_wait(contract, side, want.price_ticks):
            return
        post_only = self._post_only[contract.symbol, side]
        order = self._add(contract, side, want.price_ticks, lots, post_only, is_managed=True, tag="")
        yield Place(order.client_id, contract, side, want.price_ticks, lots, post_only=post_only)

    def _room(self, contract: Contract, side: Side, besides: WorkingOrder | None = None) -> int:
        """Lots that the ceiling leaves beside all orders but this one."""
        ceiling = self._ceilings.get((contract.symbol, side))
        if ceiling is None:
            return LOTS_MAX
        orders = self.of_contract(contract)
        taken = (order for order in orders if order.side == side and order.is_managed and order is not besides)
        return ceiling - sum(order.most_open_lots for order in taken)

    def _must_wait(self, contract: Contract, side: Side, price_ticks: int) -> bool:
        if (contract.symbol, side, price_ticks) in self._refused:
            return True
        return any(order.would_trade_with(side, price_ticks) for order in self.of_contract(contract))

    def _place_own(self, new: New) -> Iterator[Message]:
        # A market order has no price to compare: the venue's self-trade prevention looks after it.
        if new.order_type is OrderType.LIMIT and any(
            order.would_trade_with(new.side, new.price_ticks) for order in self.of_contract(new.contract)
        ):
            return
        order = self._add(
            new.contract, new.side, new.price_ticks, new.lots, new.post_only, is_managed=False, tag=new.tag
        )
        yield Place(
            order.client_id, new.contract, new.side, new.price_ticks, new.lots,
            new.order_type, new.time_in_force, new.post_only, new.expiry_ns,
        )  # fmt: skip

    def _act(self, act: Cancel | Replace) -> Iterator[Message]:
        order = self.orders.get(act.client_id)
        if order is None:
            return
        if order.flight is not Flight.NONE:
            order.wish = act
        elif isinstance(act, Cancel):
            yield from self._pull(order)
        else:
            yield from self._amend(order, Rung(act.price_ticks, act.lots))

    def _add(
        self, contract: Contract, side: Side, price_ticks: int, lots: int, post_only: bool, is_managed: bool, tag: str
    ) -> WorkingOrder:
        self._placed += 1
        client_id = f"{self._prefix}{self._placed}"
        order = WorkingOrder(client_id, contract, side, price_ticks, lots, post_only, is_managed, tag)
        self.orders[client_id] = order
        self._of_contract.setdefault(contract.symbol, {})[client_id] = order
        return order
