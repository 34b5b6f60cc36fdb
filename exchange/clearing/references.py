"""Names of the transfers that the venue makes by itself: what it is for, which day, which account.

A reference works once for its payer, so whoever asks again for the same day moves nothing. And it
stands in the journal, so that a statement can say what a transfer was.
"""

from __future__ import annotations

import re

REBATE = "rebate"  # of fees, from the venue to a maker
CREDIT = "credit"  # of a day, from the sponsor
UNUSED = "unused"  # credit of the days before, back to the sponsor
OPENING_CASH = "opening-cash"  # the cash with which the venue opens an account
OPENING_BOND = "opening-bond"  # what of it is pledged then

_NAMED = re.compile(rf"({REBATE}|{CREDIT}|{UNUSED})-[0-9]{{8}}-[0-9]+")


def reference(purpose: str, date: str, account: int) -> str:
    """Such as ``rebate-20261201-7`` of the date 2026-12-01."""
    return f"{purpose}-{date.replace('-', '')}-{account}"


def purpose_of(text: str) -> str:
    """What a transfer with this reference is for; empty if it is none of the venue's own."""
    named = _NAMED.fullmatch(text)
    return named[1] if named else ""
