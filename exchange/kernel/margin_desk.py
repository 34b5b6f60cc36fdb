"""What the operator says of margin: what hours are worth in each scenario, and who may be short on what terms.

At the end of a command that touched what an account has or must keep, a call goes out if that is
not enough, and is taken back when it is.
"""

from exchange.domain.enums import CommandKind, EventKind, Phase, Reject
from exchange.domain.records import Rows
from exchange.domain.units import BPS, PRICE_TICKS_MAX, SCENARIOS, TOTAL_MAX
from exchange.jit import int64, kernel, seldom
from exchange.kernel import emit, margin
from exchange.kernel.facts import is_account, is_strip
from exchange.kernel.holdings import CALLED, IN_LEGS, MARGINED, ON_MARGIN, REQUIREMENTS_EACH
from exchange.kernel.state import State

_MARGIN = int(CommandKind.MARGIN)
_MARGIN_TERMS = int(CommandKind.MARGIN_TERMS)
_CONFIGURED = int(EventKind.CONFIGURED)
_MARGIN_CALL = int(EventKind.MARGIN_CALL)
_SETTLED = int(Phase.SETTLED)

_ACCEPTABLE = int(Reject.NONE)
_UNKNOWN_ACCOUNT = int(Reject.UNKNOWN_ACCOUNT)
_UNKNOWN_CONTRACT = int(Reject.UNKNOWN_CONTRACT)
_BAD_PRICE = int(Reject.BAD_PRICE)
_BAD_FEE = int(Reject.BAD_FEE)
_BAD_OPTION = int(Reject.BAD_OPTION)
_MARGIN_IN_USE = int(Reject.MARGIN_IN_USE)
_NOT_FOR_STRIPS = int(Reject.NOT_FOR_STRIPS)
_CONTRACT_CLOSED = int(Reject.CONTRACT_CLOSED)
_MARGIN_TOO_LARGE = int(Reject.MARGIN_TOO_LARGE)

_BITS = 32
_LOW = 2**_BITS - 1


@kernel
def _ticks_in(command: Rows, scenario: int) -> int:
    """The value in one scenario that a MARGIN command says: see records.COMMAND."""
    if scenario == 0:
        return int64(command["price_ticks"])
    if scenario == SCENARIOS - 1:
        return int64(command["lots"])
    place = (scenario - 1) // 2
    words = int64(command["text_0"])
    if place == 1:
        words = int64(command["text_1"])
    elif place == 2:
        words = int64(command["text_2"])
    elif place == 3:
        words = int64(command["text_3"])
    elif place == 4:
        words = int64(command["order_id"])
    elif place == 5:
        words = int64(command["expiry_ns"])
    elif place == 6:
        words = int64(command["amount"])
    return words & _LOW if scenario & 1 != 0 else words >> _BITS


@kernel
def _highest_in(command: Rows) -> int:
    highest = 0
    for scenario in range(SCENARIOS):
        highest = max(highest, _ticks_in(command, scenario))
    return highest


@seldom
def set_scenarios(state: State, command: Rows, events: Rows, written: int) -> int:
    """Refuse, or say anew what a lot of a contract is worth in each scenario, of which 0 is the mark."""
    reason = _refuse_scenarios(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    contract = int64(command["contract"])
    margin.revalue(state, contract, -1)
    for scenario in range(SCENARIOS):
        state.scenarios[contract * SCENARIOS + scenario] = _ticks_in(command, scenario)
    highest_ticks = _highest_in(command)
    state.listings[contract]["highest_ticks"] = highest_ticks
    margin.revalue(state, contract, 1)
    mark_ticks = int64(command["price_ticks"])
    return emit.notice(state, events, written, _CONFIGURED, 0, contract, 0, mark_ticks, highest_ticks, _MARGIN)


@kernel
def _refuse_scenarios(state: State, command: Rows) -> int:
    contract = int64(command["contract"])
    if not 0 <= contract < int64(state.header[0]["contracts"]):
        return _UNKNOWN_CONTRACT
    for scenario in range(SCENARIOS):
        if not 1 <= _ticks_in(command, scenario) <= PRICE_TICKS_MAX:
            return _BAD_PRICE
    if is_strip(state, contract):
        return _NOT_FOR_STRIPS
    if int64(state.contracts[contract]["phase"]) == _SETTLED:
        return _CONTRACT_CLOSED
    ticks = _highest_in(command)
    tick_value = int64(state.contracts[contract]["tick_value"])
    if margin.is_too_dear(ticks, tick_value, TOTAL_MAX) or _is_too_large(state, contract, ticks * tick_value):
        return _MARGIN_TOO_LARGE
    return _ACCEPTABLE


@kernel
def _is_too_large(state: State, contract: int, value: int) -> bool:
    """Whether with lots of this value the sums of somebody might leave their bounds."""
    position = int64(state.listings[contract]["margined"])
    while position != 0:
        if margin.is_counted(state, position):
            lots = int64(state.exposures[position]["gross_lots"])
            terms = state.margins[int64(state.accounts[int64(state.positions[position]["account"])]["margin"])]
            room = TOTAL_MAX - (int64(terms["gross"]) - lots * margin.highest_of(state, contract))
            if lots > room // value:
                return True
        position = int64(state.exposures[position]["next"])
    return False


@seldom
def set_terms(state: State, command: Rows, events: Rows, written: int) -> int:
    """Refuse, or let an account be short on margin (``option`` 1), or no longer."""
    account = int64(command["account"])
    credit_bps = int64(command["maker_fee_bps"])
    is_on = int64(command["option"]) == 1
    reason = _refuse_terms(state, command)
    if reason != _ACCEPTABLE:
        return emit.rejected(state, events, written, command, reason, 0)
    header = state.header[0]
    owner = state.accounts[account]
    if int64(owner["margin"]) == 0:
        owner["margin"] = header["margins"]
        header["margins"] += 1
        state.margins[int64(owner["margin"])]["account"] = account
    row = int64(owner["margin"])
    _forget(state, account)
    state.margins[row]["credit_bps"] = credit_bps
    owner["rules"] = int64(owner["rules"]) | ON_MARGIN if is_on else int64(owner["rules"]) & ~ON_MARGIN
    if is_on:
        for position in range(1, int64(header["positions"])):
            held = state.positions[position]
            if int64(held["account"]) == account and int64(held["is_pooled"]) & IN_LEGS == 0:
                margin.enlist(state, position)
        margin.touch(state, row)
    emit.notice(state, events, written, _CONFIGURED, account, 0, 0, 0, credit_bps, _MARGIN_TERMS)
    events[written]["side"] = command["option"]
    return written + 1


@kernel
def _refuse_terms(state: State, command: Rows) -> int:
    account = int64(command["account"])
    is_on = int64(command["option"]) == 1
    if not is_account(state, account):
        return _UNKNOWN_ACCOUNT
    if not 0 <= int64(command["maker_fee_bps"]) <= (BPS if is_on else 0):
        return _BAD_FEE
    if not 0 <= int64(command["option"]) <= 1:
        return _BAD_OPTION
    room = TOTAL_MAX
    for position in range(1, int64(state.header[0]["positions"])):
        held = state.positions[position]
        if int64(held["account"]) == account and int64(held["is_pooled"]) & IN_LEGS == 0:
            seen = state.exposures[position]
            value = margin.highest_of(state, int64(held["contract"]))
            if not is_on and value != 0 and (int64(seen["short_lots"]) | int64(seen["excess_lots"])) != 0:
                return _MARGIN_IN_USE
            if is_on and value != 0:
                if margin.gross_lots(held) > room // value:
                    return _MARGIN_TOO_LARGE
                room -= margin.gross_lots(held) * value
    return _ACCEPTABLE


@kernel
def _forget(state: State, account: int) -> None:
    """Empty the sums of an account: none of its positions counts."""
    row = int64(state.accounts[account]["margin"])
    state.margins[row]["gross"] = 0
    for place in range(REQUIREMENTS_EACH):
        state.requirements[row * REQUIREMENTS_EACH + place] = 0
    for position in range(1, int64(state.header[0]["positions"])):
        held = state.positions[position]
        if int64(held["account"]) == account:
            held["is_pooled"] = int64(held["is_pooled"]) & ~MARGINED
            seen = state.exposures[position]
            seen["short_lots"] = 0
            seen["long_lots"] = 0
            seen["credited_lots"] = 0
            seen["excess_lots"] = 0
            seen["gross_lots"] = 0


@seldom
def judge_first(state: State, events: Rows, written: int) -> int:
    """Whether the first account in the queue has enough: say so if that has changed."""
    header = state.header[0]
    terms = state.margins[int64(header["touched_first"])]
    header["touched_first"] = terms["next_touched"]
    terms["next_touched"] = 0
    terms["is_touched"] = 0
    account = int64(terms["account"])
    owner = state.accounts[account]
    required = margin.requirement_alone(state, account)
    short = required - (int64(owner["cash"]) - int64(owner["bond"]))
    if (short > 0) == (int64(owner["rules"]) & CALLED != 0):
        return written
    owner["rules"] = int64(owner["rules"]) ^ CALLED
    emit.notice(state, events, written, _MARGIN_CALL, account, 0, max(short, 0), 0, 0, 1 if short > 0 else 0)
    events[written]["fee"] = required
    return written + 1
