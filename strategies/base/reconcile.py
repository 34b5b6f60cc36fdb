"""The one quote reconciler: wants + what is working + what is in flight -> the fewest messages.

It keeps an order whose price and size already fit, moves an order rather than cancelling and
placing another, never has two messages in flight for one order, and holds a message back while
it could meet an order of one's own. What a fill took is no longer wanted, and a want that the venue
refused waits, until the strategy states its wants again: no fill makes it trade more than it
said, and no refusal becomes a storm.

Where messages are rationed and there are too few, orders are pulled before others are moved, and
moved before new ones are placed. What has to wait is not a queue of messages: when there is leave again, the
way from what then works to what is then wanted is worked out anew.
"""

from collections.abc import Iterable

from exchange.domain.enums import Side
from exchange.domain.instruments import Contract
from exchange.domain.units import LOTS_MAX
from strategies.base.intents import Cancel, Ceiling, Intent, Ladder, New, Quote, Replace, Rung
from strategies.base.matching import nearest_pairs
from strategies.base.messages import Message
from strategies.base.own_orders import OwnOrders
from strategies.base.steps import Step, Urgency, step_of_act, step_of_new
from strategies.base.wants import Wants
from strategies.base.working import Flight, WorkingOrder

UNLIMITED = 2**62
# Members of an Enum take long to find.
_SIDES = (Side.BUY, Side.SELL)
_AMEND, _PULL = Flight.AMEND, Flight.PULL


class Reconciler:
    """``prefix`` starts every client id and must differ between runs of one account.

    ``refill_share``: an order at the right price is topped up, at the cost of its place in the
    queue, only when less than this share of the wanted lots is left.
    ``is_rationed``: whoever asks for messages says before how many there may be, with ``allow``.
    """

    def __init__(self, prefix: str = "", refill_share: float = 0.5, is_rationed: bool = False) -> None:
        self._refill_share = refill_share
        self._is_rationed = is_rationed
        self._left = UNLIMITED
        self._now_ns = 0
        self._own = OwnOrders(prefix)
        self.orders = self._own.every
        self._wants = Wants()
        # What waits for leave: contracts that are not yet as wanted, by symbol, and orders of the strategy's own.
        self._owed: dict[str, Contract] = {}
        self._news: list[New] = []

    def of_contract(self, contract: Contract) -> Iterable[WorkingOrder]:
        return self._own.of_contract(contract)

    def wants(self, contract: Contract, side: Side) -> tuple[Rung, ...]:
        """What is wanted of a quote or ladder on this side, fills taken off."""
        return self._wants.of(contract, side)

    def ceiling(self, contract: Contract, side: Side) -> int | None:
        """How many lots may be open at once for quotes and ladders on this side; None if nobody said."""
        return self._wants.ceiling(contract, side)

    def allow(self, messages: int, now_ns: int) -> None:
        """So many may come out of the next call; nothing more for what has passed its gate by now."""
        assert self._is_rationed, "whoever does not ration has no say"
        self._left, self._now_ns = messages, now_ns

    @property
    def is_short(self) -> bool:
        """Whether something waits for leave alone."""
        return bool(self._owed or self._news)

    def state(self, intents: Iterable[Intent]) -> list[Message]:
        """Take in what the strategy wants now; what it said before about other sides stands."""
        messages: list[Message] = []
        contracts: dict[str, Contract] = {}
        for intent in intents:
            if isinstance(intent, Quote | Ladder):
                self._wants.take(intent)
                contracts[intent.contract.symbol] = intent.contract
            elif isinstance(intent, Ceiling):
                self._wants.take(intent)
            elif self._is_rationed:
                self._wait(intent, contracts)
            elif isinstance(intent, New):
                placed = self._own.place_own(intent)
                messages += [placed] if placed else []
            else:
                messages += self._act(intent)
        return messages + self._approach(contracts)

    def reconcile(self, contract: Contract) -> list[Message]:
        """The messages that bring this contract nearer to what is wanted, given what is in flight."""
        return self._approach({contract.symbol: contract})

    def resume(self) -> list[Message]:
        """What waited for leave."""
        return self._approach({})

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
            self._wants.refuse(order)
        is_gone = is_gone or order.flight is Flight.PLACE
        order.flight = Flight.NONE
        if is_gone or order.open_lots <= 0:
            self.gone(client_id)

    def filled(self, client_id: str, filled_lots: int) -> None:
        """``filled_lots`` counts from the order's beginning, so news may come twice or out of order."""
        order = self.orders.get(client_id)
        if order is None:
            return
        newly_lots = filled_lots - order.filled_lots
        if newly_lots > 0:
            # What a fill took is not wanted again, whether a quote or a replacement that waits wanted it.
            if order.is_managed:
                self._wants.use_up(order, newly_lots)
            if isinstance(order.wish, Replace):
                order.wish = order.wish._replace(lots=max(order.wish.lots - newly_lots, 0))
            order.filled_lots = filled_lots
        if order.lots <= order.filled_lots and order.flight is not _AMEND:
            self.gone(client_id)

    def gone(self, client_id: str) -> None:
        self._own.gone(client_id)

    def wishes(self, contract: Contract) -> list[Message]:
        """Explicit acts that waited for an answer and can go out now; where messages are rationed, in turn."""
        if self._is_rationed:
            return []
        ready = [order for order in self._own.of_contract(contract) if order.wish and order.flight is Flight.NONE]
        messages: list[Message] = []
        for order in ready:
            wish, order.wish = order.wish, None
            messages += self._act(wish) if wish else []
        return messages

    def _act(self, act: Cancel | Replace) -> list[Message]:
        order = self.orders.get(act.client_id)
        if order is None:
            return []
        if order.flight is not Flight.NONE:
            order.wish = act
            return []
        return self._make(step_of_act(order, act))

    def _wait(self, act: New | Cancel | Replace, contracts: dict[str, Contract]) -> None:
        """Until there is leave for it, which may be at once."""
        if isinstance(act, New):
            self._news.append(act)
        elif (order := self.orders.get(act.client_id)) is not None:
            order.wish = act
            contracts[order.contract.symbol] = order.contract

    def _approach(self, contracts: dict[str, Contract]) -> list[Message]:
        """Make the steps of these contracts, and of those that waited, as far as there is leave."""
        contracts = {**self._owed, **contracts} if self._owed else contracts
        steps = [step_of_new(new) for new in self._news]
        for contract in contracts.values():
            steps += self._steps(contract)
        if self._is_rationed:
            steps = [step for step in steps if step.contract.gate_ns > self._now_ns]
            if len(steps) > self._left:
                steps.sort(key=lambda step: step.urgency)
            self._owed, self._news = {}, []
        messages: list[Message] = []
        for step in steps:
            if self._left > 0:
                made = self._make(step)
                self._left -= len(made) if self._is_rationed else 0
                messages += made
            elif step.new:
                self._news.append(step.new)
            else:
                self._owed[step.contract.symbol] = step.contract
        return messages

    def _steps(self, contract: Contract) -> list[Step]:
        """The way from what works in this contract to what is wanted, as if nothing stood in it."""
        steps = []
        if self._is_rationed:
            wished = [order for order in self.of_contract(contract) if order.wish and order.flight is Flight.NONE]
            steps += [step_of_act(order, order.wish) for order in wished if order.wish]
        for side in _SIDES:
            steps += self._steps_of_side(contract, side)
        return steps

    def _steps_of_side(self, contract: Contract, side: Side) -> list[Step]:
        orders = [order for order in self._own.of_contract(contract) if order.side == side and order.is_managed]
        stated = self._wants.of(contract, side)
        if not orders and not stated:
            return []
        if len(orders) == 1 and len(stated) == 1 and self._fits(orders[0], stated[0]):
            return []  # as most often
        wants = list(stated)
        for order in list(orders):
            fitting = next((want for want in wants if self._fits(order, want)), None)
            if fitting:
                wants.remove(fitting)
                orders.remove(order)
        steps = []
        for order, want in nearest_pairs(orders, wants):
            orders.remove(order)
            wants.remove(want)
            if order.flight is Flight.NONE and not order.wish:
                steps.append(Step(Urgency.AMEND, contract, side, order, want))
        free = [order for order in orders if order.flight is Flight.NONE and not order.wish]
        steps += [Step(Urgency.PULL, contract, side, order) for order in free]
        return steps + [Step(Urgency.PLACE, contract, side, want=want) for want in wants]

    def _fits(self, order: WorkingOrder, want: Rung) -> bool:
        is_wished = self._is_rationed and order.wish is not None
        if order.flight is _PULL or is_wished or order.next_price_ticks != want.price_ticks:
            return False
        return want.lots * self._refill_share <= order.next_open_lots <= want.lots

    def _make(self, step: Step) -> list[Message]:
        """Send it, unless an order of one's own stands in its way."""
        if step.order is not None:
            step.order.wish = None
        if step.new:
            placed = self._own.place_own(step.new)
            return [placed] if placed else []
        if step.want is None:
            assert step.order is not None, "only an order can be pulled"
            return [self._own.pull(step.order)]
        price_ticks, lots = step.want
        if self._wants.is_refused(step.contract, step.side, price_ticks):
            return []
        if self._own.would_meet(step.contract, step.side, price_ticks):
            return []
        room = self._room(step.contract, step.side, step.order)
        if step.order is not None:
            if step.order.is_managed:
                lots = min(lots, max(step.order.open_lots, room))
            return [self._own.amend(step.order, price_ticks, lots)]
        if min(lots, room) <= 0:
            return []
        post_only = self._wants.is_post_only(step.contract, step.side)
        return [self._own.place(step.contract, step.side, price_ticks, min(lots, room), post_only)]

    def _room(self, contract: Contract, side: Side, besides: WorkingOrder | None) -> int:
        """Lots that the ceiling leaves beside all orders but this one."""
        ceiling = self._wants.ceiling(contract, side)
        if ceiling is None:
            return LOTS_MAX
        orders = self.of_contract(contract)
        taken = (order for order in orders if order.side == side and order.is_managed and order is not besides)
        return ceiling - sum(order.most_open_lots for order in taken)
