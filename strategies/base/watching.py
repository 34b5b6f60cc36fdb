"""What guards look at besides inventory: what was lost, and how old the news is."""

from typing import Protocol, runtime_checkable

from exchange.domain.units import NS_PER_HOUR, NS_PER_SECOND
from strategies.base.context import Context
from strategies.base.limits import Limits

_DAY_NS = 24 * NS_PER_HOUR
Place = tuple[str, str]
EVERYWHERE: Place = ("", "")


@runtime_checkable
class Dated(Protocol):
    """A curve that says when the last price behind it was seen."""

    @property
    def time_ns(self) -> int: ...


def value_usd(ctx: Context) -> float:
    """Profit so far, with what is held at today's fair value; past its gate at its last mark."""
    total = 0.0
    for result in ctx.ledger.results.values():
        contract = result.contract
        fair_usd = result.mark_usd
        if result.position_lots and contract.gate_ns > ctx.now_ns:
            fair_usd = ctx.fair_usd(contract) or fair_usd
        total += result.cash_usd - result.fees_usd + result.position_lots * contract.gpu_hours_per_lot * fair_usd
    return total


class Losses:
    """The worst so far of the day and from the peak: a loss that was made good again is still one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._day = -1
        self._opened_usd = 0.0
        self._day_usd = 0.0
        self._peak_usd = 0.0
        self._drawdown_usd = 0.0
        self._is_started = False

    def look(self, ctx: Context) -> tuple[float, str]:
        """The worst loss as a share of its limit, and in words; nothing where there is no limit."""
        limits = self._limits
        if not limits.day_loss_max_usd and not limits.drawdown_max_usd:
            return 0.0, ""
        value = value_usd(ctx)
        if not self._is_started:
            self._is_started, self._peak_usd = True, value
        if ctx.now_ns // _DAY_NS != self._day:
            self._day, self._opened_usd, self._day_usd = ctx.now_ns // _DAY_NS, value, 0.0
        self._peak_usd = max(self._peak_usd, value)
        self._day_usd = max(self._day_usd, self._opened_usd - value)
        self._drawdown_usd = max(self._drawdown_usd, self._peak_usd - value)
        found = [(0.0, "")]
        if limits.day_loss_max_usd:
            words = f"lost ${self._day_usd:,.2f} today, of ${limits.day_loss_max_usd:,.2f}"
            found.append((self._day_usd / limits.day_loss_max_usd, words))
        if limits.drawdown_max_usd:
            words = f"lost ${self._drawdown_usd:,.2f} since the peak, of ${limits.drawdown_max_usd:,.2f}"
            found.append((self._drawdown_usd / limits.drawdown_max_usd, words))
        return max(found)


class News:
    """How old it is. The feed counts everywhere; a curve counts where it is one's own."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._heard_ns = 0
        self._curve_ns = 0

    def heard(self, now_ns: int) -> None:
        """A book or a trade came. Answers to one's own orders do not count: pulling quotes is answered, too."""
        self._heard_ns = now_ns

    def heard_curve(self, now_ns: int) -> None:
        self._curve_ns = now_ns

    def stale(self, ctx: Context) -> dict[Place, str]:
        """By place, why it is not to be quoted now."""
        found: dict[Place, str] = {}
        contracts = ctx.contracts
        if self._limits.feed_stale_s:
            newest_ns = max([self._heard_ns, *(ctx.book(contract).time_ns for contract in contracts)])
            if newest_ns < ctx.now_ns - self._limits.feed_stale_s * NS_PER_SECOND:
                found[EVERYWHERE] = f"no news for {(ctx.now_ns - newest_ns) / NS_PER_SECOND:.1f} s"
        for contract in contracts if self._limits.curve_stale_s else ():
            place = contract.sku.code, contract.region.code
            if place in found:
                continue
            curve = ctx.curve(contract)
            seen_ns = curve.time_ns if isinstance(curve, Dated) else self._curve_ns
            # A curve that never says when it was seen cannot be judged.
            if seen_ns and seen_ns < ctx.now_ns - self._limits.curve_stale_s * NS_PER_SECOND:
                found[place] = f"the curve is {(ctx.now_ns - seen_ns) / NS_PER_SECOND:.1f} s old"
        return found
