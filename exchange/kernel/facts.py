"""Plain facts that every kind of command asks about: who is known, what is open, what is an id."""

from exchange.domain.enums import Phase
from exchange.domain.records import Rows
from exchange.domain.text import WORD_END
from exchange.jit import int64, kernel
from exchange.kernel.state import COLLECTS, IS_PEG, IS_STRIP, IS_WILDCARD, MEMBER, State

_CONTINUOUS = int(Phase.CONTINUOUS)
_HALTED = int(Phase.HALTED)

_ROW = 2**32 - 1
APART = IS_PEG | IS_WILDCARD | MEMBER  # marks of those who do not hold for the price where they stand


@kernel
def account_in(command: Rows) -> int:
    """Who asks: a number without sign, which may be nobody's."""
    return int64(command["account"]) & _ROW


@kernel
def contract_in(command: Rows) -> int:
    """What it is about: a number without sign, of which there may be no contract."""
    return int64(command["contract"]) & _ROW


@kernel
def is_account(state: State, account: int) -> bool:
    """Whether ``account`` may ask for things: the venue's own, 0, may not."""
    return 0 < account < int64(state.header[0]["accounts"])


@kernel
def is_closed(state: State, contract: int) -> bool:
    """Whether ``contract`` is past its gate."""
    return bool(state.header[0]["time_ns"] >= state.contracts[contract]["gate_ns"])


@kernel
def is_halted(state: State, contract: int) -> bool:
    """Whether ``contract`` takes no orders for a while, or not yet, or no more."""
    return int64(state.contracts[contract]["phase"]) >= _HALTED


@kernel
def is_collecting(state: State, contract: int) -> bool:
    """Whether ``contract`` collects orders for a call auction, and matches none."""
    return int64(state.contracts[contract]["alert"]) & COLLECTS != 0


@kernel
def is_continuous(state: State, contract: int) -> bool:
    return int64(state.contracts[contract]["phase"]) == _CONTINUOUS


@kernel
def is_strip(state: State, contract: int) -> bool:
    """Whether ``contract`` has legs."""
    return int64(state.contracts[contract]["alert"]) & IS_STRIP != 0


@kernel
def account_of(state: State, order: int) -> int:
    """Whose order it is."""
    return int64(state.positions[int64(state.orders[order]["position"])]["account"])


@kernel
def limit_of(state: State, order: int) -> int:
    """The price for which an order holds: of a peg not the one where it stands, of a member of a wildcard none."""
    node = state.orders[order]
    return int64(state.extras[order]["limit_ticks"] if int64(node["marks"]) & APART != 0 else node["price_ticks"])


@kernel
def has_text(command: Rows) -> bool:
    return bool(command["text_0"] != 0 or command["text_1"] != 0 or command["text_2"] != 0 or command["text_3"] != 0)


@kernel
def is_text(command: Rows) -> bool:
    """Whether the four words could come from exchange.domain.text."""
    return bool(
        0 <= command["text_0"] < WORD_END
        and 0 <= command["text_1"] < WORD_END
        and 0 <= command["text_2"] < WORD_END
        and 0 <= command["text_3"] < WORD_END
    )


_OPEN = (Phase.CONTINUOUS, Phase.GATED, Phase.PREOPEN, Phase.CLOSING, Phase.VOLATILITY)
assert all((phase >= Phase.HALTED) == (phase not in _OPEN) for phase in Phase), "is_halted goes by the number"
