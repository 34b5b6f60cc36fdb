"""What a run was worth at the end of each of its periods."""

from exchange.domain.instruments import Contract
from exchange.domain.units import NS_PER_SECOND
from strategies.base import BookView, Fill, Message, Participant
from strategies.base.recording import Sample


class Equity:
    """Listens to the samples of one desk; whatever else it is told it forgets."""

    def __init__(self, start_ns: int, end_ns: int, periods: int) -> None:
        self._start_ns = start_ns
        self._length_ns = end_ns - start_ns
        self._periods = periods
        # Of each period the last sample of each contract, by symbol.
        self._worth: list[dict[str, float]] = [{} for _ in range(periods)]

    def started(self, now_ns: int, participant: Participant) -> None:
        pass

    def carried(self, now_ns: int, contract: Contract, lots: int, fair_usd: float) -> None:
        pass

    def sent(self, now_ns: int, message: Message, lots_ahead: int) -> None:
        pass

    def joined(self, now_ns: int, client_id: str, lots_ahead: int) -> None:
        pass

    def answered(
        self, now_ns: int, client_id: str, price_ticks: int, lots: int, filled_lots: int, is_open: bool
    ) -> None:
        pass

    def refused(self, now_ns: int, client_id: str, reason: str, is_gone: bool) -> None:
        pass

    def gone(self, now_ns: int, client_id: str, reason: str) -> None:
        pass

    def fill(self, now_ns: int, fill: Fill, fair_usd: float, book: BookView) -> None:
        pass

    @property
    def sample_s(self) -> float:
        """The rhythm in which samples fall on the ends of periods."""
        return self._length_ns / self._periods / NS_PER_SECOND

    def sampled(self, now_ns: int, sample: Sample) -> None:
        # What falls on the end of a period is of that period.
        passed = -((self._start_ns - now_ns) * self._periods // self._length_ns)
        result = sample.result
        held_usd = result.position_lots * result.contract.gpu_hours_per_lot * sample.fair_usd
        worth = result.cash_usd - result.fees_usd + held_usd
        self._worth[min(max(passed, 1), self._periods) - 1][result.contract.symbol] = worth

    def profits_usd(self) -> tuple[float, ...]:
        """(periods,); a period without a sample earned nothing."""
        profits, worth = [], dict[str, float]()
        before = 0.0
        for seen in self._worth:
            worth |= seen
            after = sum(worth.values())
            profits.append(after - before)
            before = after
        return tuple(profits)
