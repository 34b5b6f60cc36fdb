"""A recorder that is told by hand, so that every number in its tables is known beforehand."""

from dataclasses import dataclass, field

from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import Side
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.base import BookView, Fill, Participant, Place, Sample, Strategy
from strategies.base.ledger import ContractResult
from strategies.results import Run, RunRecorder, run_of

HOUR = 494_000
START_NS = HOUR * NS_PER_HOUR


class Idle(Strategy):
    """Wants nothing."""


def hours(count: int = 2) -> tuple[Contract, ...]:
    """The next hours of one SKU: 8 GPU-hours a lot, ticks of $0.001, gates 15 minutes before delivery."""
    return tuple(
        hour_contract(CATALOGUE.sku("H100SXM"), CATALOGUE.region("USE"), HOUR + 1 + place) for place in range(count)
    )


@dataclass
class Told:
    """Times are seconds since the start."""

    contracts: tuple[Contract, ...] = field(default_factory=hours)
    recorder: RunRecorder = field(default_factory=RunRecorder)
    sent: int = 0

    def __post_init__(self) -> None:
        self.recorder.started(START_NS, Participant("maker", Idle(), self.contracts))

    def at(self, seconds: float) -> int:
        return START_NS + round(seconds * NS_PER_SECOND)

    def fill(
        self, seconds: float, side: Side, ticks: int, lots: int, fair_usd: float, *,
        contract: int = 0, fee_usd: float = 0.0, book: BookView | None = None, client_id: str = "",
        is_maker: bool = True,
    ) -> None:  # fmt: skip
        now_ns = self.at(seconds)
        fill = Fill(self.contracts[contract], client_id, side, ticks, lots, fee_usd, is_maker, now_ns)
        self.recorder.fill(now_ns, fill, fair_usd, book or BookView())

    def sample(self, seconds: float, fair_usd: float, book: BookView | None = None, *, contract: int = 0) -> None:
        listed = self.contracts[contract]
        sample = Sample(listed, ContractResult(listed), fair_usd, book or BookView(), (0, 0), (0, 0))
        self.recorder.sampled(self.at(seconds), sample)

    def order(self, seconds: float, side: Side, ticks: int, lots: int, ahead: int = 0, *, contract: int = 0) -> str:
        """Sent, and in the book at once. Returns its client id."""
        self.sent += 1
        client_id = f"o{self.sent}"
        now_ns = self.at(seconds)
        self.recorder.sent(now_ns, Place(client_id, self.contracts[contract], side, ticks, lots, post_only=True), ahead)
        self.recorder.answered(now_ns, client_id, ticks, lots, 0, True)
        return client_id

    def run(self, end_s: float | None = None, label: str = "by hand") -> Run:
        if end_s is not None:
            self.recorder.end_ns = self.at(end_s)
        return run_of(self.recorder, seed=1, label=label)


def around(mid_ticks: int, half_spread: int = 5) -> BookView:
    """A book with both sides."""
    return BookView(((mid_ticks - half_spread, 10),), ((mid_ticks + half_spread, 10),))
