"""What to see in each figure, in words."""

from __future__ import annotations

from strategies.results.figures import Figures
from strategies.results.page.words import count_text, horizon_text, share_text, usd_text

COMPARED = (
    "Profit of each run since it began. A steady climb is the spread earned, a jump is luck with inventory: look at "
    "how far apart the lines end, and how deep each fell on the way."
)
COMPARED_MARKOUTS = (
    "Where the middle of the book went after the fills of each run, in its favour above zero. The lowest line was "
    "picked off the most: it quoted too near to the middle, or too late."
)
SPLIT = (
    "Each part begins where the one before ended. Spread is what prices were better than fair value; inventory is how "
    "fair value moved while hours were held. A good maker earns the first and gives little of it back by the second."
)
INVENTORY = (
    "Above: GPU-hours held less those owed; it should come back to zero and not run away. Below: both together at "
    "fair value, which is what is at risk."
)
QUEUE = (
    "Of the lots that joined a queue behind so many others, the share that was filled there. It should fall to the "
    "right; where the first bar is not the highest, being first was no use."
)


def equity(found: Figures) -> str:
    return (
        f"Above: profit, with what is held at fair value; it ends at {usd_text(found.total.pnl_micros)}. Below: how "
        f"far it is under its highest so far, {usd_text(found.drawdown_micros)} at worst."
    )


def quotes(symbol: str) -> str:
    return (
        f"{symbol}, where it traded most; triangles are fills. Quotes that lean away from the middle are shedding "
        "inventory; a fill just before the middle moves through its price was picked off."
    )


def markouts(found: Figures) -> str:
    counted = [markout for markout in found.markouts if markout.fills]
    words = "No fill has a markout: each was too near to the gate or the end, or no middle was seen."
    if counted:
        longest = counted[-1]
        words = (
            f"At {horizon_text(longest.horizon_s)} {longest.fills:,} of {found.trades:,} fills count; the others were "
            "too near to the gate or the end, or no middle was seen."
        )
    return (
        "Where the middle of the book went after fills, in one's favour above zero; the band is two standard errors. "
        "The dashed line adds how far the price was from the middle, so it is what is left of the edge: below zero, "
        f"fills cost more than they earned. {words}"
    )


def presence(found: Figures) -> str:
    return (
        f"Two-sided {share_text(found.two_sided_share)} of open time; the obligation, bid and ask within "
        f"{found.obligation_spread_bps / 100:g}% for {count_text(found.obligation_lots, 'lot')} or more, was met "
        f"{share_text(found.obligation_share)} of it. A line that drops on the right shows contracts left alone."
    )


def hours(unit: str) -> str:
    return (
        f"Over all SKUs and regions, by the {unit} in which delivery begins. One {unit} that carries the result, or "
        "sinks it, is a position, not a spread."
    )
