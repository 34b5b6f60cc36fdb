"""The inventory strategy of Avellaneda and Stoikov (2008), with a cautious eye on the gate.

gpux simulate examples/avellaneda_stoikov.py:NearTheGate --hours 0.1
gpux simulate examples/avellaneda_stoikov.py:NearTheGate --hours 0.1 --set gamma=3.0
"""

from exchange.domain.instruments import Contract
from strategies.base import Context, Quote
from strategies.making import AvellanedaStoikov


class NearTheGate(AvellanedaStoikov):
    """Quotes as the paper says, and in the last ``calm_hours`` before a gate only what brings its position to nothing.

    ``gamma`` is its aversion to risk: the larger, the more it moves its prices against what it holds.
    """

    def __init__(self, gamma: float = 1.0, quote_lots: int = 10, calm_hours: float = 0.5) -> None:
        super().__init__(gamma=gamma, quote_lots=quote_lots)
        self.calm_hours = calm_hours

    def quote(self, ctx: Context, contract: Contract) -> Quote | None:
        quote = super().quote(ctx, contract)
        if quote is None or ctx.hours_to_gate(contract) > self.calm_hours:
            return quote
        held = ctx.position(contract)
        return quote._replace(
            bid_lots=min(quote.bid_lots, max(0, -held)),
            ask_lots=min(quote.ask_lots, max(0, held)),
        )
