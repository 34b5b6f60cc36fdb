"""The first word of a line that does something, and what the rest of it says."""

from __future__ import annotations

from exchange.scenario import desk, trading
from exchange.scenario.actions import Action
from exchange.scenario.words import Words

VERBS = (*trading.VERBS, *desk.READERS)


def read_action(verb: str, words: Words) -> Action:
    """The action of a line whose first word, already taken, is ``verb``. Raises Misread."""
    action = trading.read(verb, words) if verb in trading.VERBS else desk.READERS[verb](words)
    words.end()
    return action
