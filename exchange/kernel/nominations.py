"""The nominations of a contract, as everything after the gate asks for them."""

from exchange.domain.enums import CLOSED, Phase
from exchange.domain.records import Rows
from exchange.domain.units import MINUTES_EACH, TOTAL_MAX
from exchange.jit import int64, kernel
from exchange.kernel import emit, index
from exchange.kernel.state import State

UNKNOWN_MINUTES = -1

_GATED = int(Phase.GATED)
_NOMINATED = int(Phase.NOMINATED)


@kernel
def is_contract(state: State, contract: int) -> bool:
    return 0 <= contract < int64(state.header[0]["contracts"])


@kernel
def is_gated(state: State, contract: int) -> bool:
    """Whether the gate of ``contract`` has fallen: a TICK has ended what stood there, and nothing trades any more."""
    phase = int64(state.contracts[contract]["phase"])
    return phase == _GATED or phase >= _NOMINATED


@kernel
def find(state: State, command: Rows) -> int:
    """The row of the nomination that a command means, 0 if there is none; the contract is one."""
    return index.find_nomination(state, int64(command["contract"]), command)


@kernel
def count(state: State, contract: int, seller: int, buyer: int) -> tuple[int, int]:
    """How many lots are nominated already: (from the seller, to the buyer)."""
    sold = 0
    bought = 0
    row = int64(state.listings[contract]["nominated"])
    while row != 0:
        nomination = state.nominations[row]
        sold += 1 if int64(nomination["seller"]) == seller else 0
        bought += 1 if int64(nomination["buyer"]) == buyer else 0
        row = int64(nomination["next"])
    return sold, bought


@kernel
def missing(state: State, row: int) -> int:
    """Minutes that were attested as not delivered, and not compensated yet."""
    nomination = state.nominations[row]
    if int64(nomination["minutes"]) == UNKNOWN_MINUTES:
        return 0
    return MINUTES_EACH - int64(nomination["minutes"]) - int64(nomination["compensated"])


@kernel
def is_too_large(state: State, command: Rows, lots: int) -> bool:
    """Whether ``lots`` at the command's price go beyond TOTAL_MAX, asked without leaving int64."""
    tick_value = int64(state.contracts[int64(command["contract"])]["tick_value"])
    price_ticks = int64(command["price_ticks"])
    if price_ticks * (tick_value >> 20) > TOTAL_MAX >> 20:
        return True
    return price_ticks * tick_value > TOTAL_MAX // lots


@kernel
def tell(state: State, events: Rows, written: int, kind: int, row: int, amount: int, lots: int) -> int:
    """Write a row about a nomination."""
    nomination = state.nominations[row]
    seller = int64(nomination["seller"])
    written = emit.notice(state, events, written, kind, seller, int64(nomination["contract"]), amount, 0, lots, 0)
    events[written - 1]["order_id"] = row
    events[written - 1]["maker_account"] = nomination["buyer"]
    return written


assert all((phase == Phase.GATED or phase >= Phase.NOMINATED) == (phase in CLOSED) for phase in Phase)
