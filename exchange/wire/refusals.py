"""Why a request was refused: the dialect's numbers, and words that say what to do about it."""

from enum import IntEnum

from msgspec import UNSET, UnsetType

from exchange.domain.enums import Reject
from exchange.domain.errors import GpuxError
from exchange.wire.messages import ErrorBody, Problem


class Code(IntEnum):
    """Deribit's error numbers; the member's name in lower case is Deribit's word for it."""

    ORDER_NOT_FOUND = 10004
    NOT_ENOUGH_FUNDS = 10009
    ALREADY_CLOSED = 10010
    PRICE_NOT_ALLOWED = 10011
    BOOK_CLOSED = 10012
    PME_MAX_TOTAL_OPEN_ORDERS = 10013
    NON_PME_MAX_FUTURE_POSITION_SIZE = 10018
    LOCKED_BY_ADMIN = 10019
    INVALID_AMOUNT = 10021
    INVALID_PRICE = 10023
    TOO_MANY_REQUESTS = 10028
    NOT_OWNER_OF_ORDER = 10029
    MUST_BE_WEBSOCKET_REQUEST = 10030
    NOT_IMPLEMENTED = 10033
    INVALID_MAX_SHOW_AMOUNT = 10036
    RETRY = 10040
    PRICE_WRONG_TICK = 10043
    TRIGGER_PRICE_WRONG_TICK = 10044
    MATCHING_ENGINE_QUEUE_FULL = 10047
    ALREADY_FILLED = 11008
    INVALID_ARGUMENTS = 11029
    OTHER_REJECT = 11030
    NO_MORE_TRIGGERS = 11035
    INVALID_TRIGGER_PRICE = 11036
    SUBSCRIBE_ERROR = 11052
    POST_ONLY_REJECT = 11054
    INTERNAL_SERVER_ERROR = 11094
    ACCOUNT_LOCKED = 11098
    INVALID_CREDENTIALS = 13004
    UNAUTHORIZED = 13009
    NOT_FOUND = 13020
    FORBIDDEN = 13021
    MMP_TRIGGER = 13030
    TIMED_OUT = 13888
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    PARSE_ERROR = -32700


class Refusal(GpuxError):
    """A request that cannot be granted; ``advice`` says what to do instead."""

    def __init__(
        self, code: Code, advice: str, *, reason: str = "", param: str = "", order_id: str = "", wait_ms: int = 0
    ) -> None:
        super().__init__(advice)
        self.code = code
        self.advice = advice
        self.reason = reason or code.name.lower()
        self.param = param
        self.order_id = order_id
        self.wait_ms = wait_ms

    def body(self) -> ErrorBody:
        problem = Problem(self.reason, _set(self.param), _set(self.order_id), self.wait_ms or UNSET)
        return ErrorBody(int(self.code), f"{self.code.name.lower()}: {self.advice}", problem)


def _set(text: str) -> str | UnsetType:
    return text or UNSET


def of_reject(reject: Reject, order_id: int = 0) -> Refusal:
    """The engine's refusal in the words of the dialect."""
    code, advice = REJECTS[reject]
    return Refusal(code, advice, reason=reject.name.lower(), order_id=str(order_id) if order_id else "")


_ODD = "the order's fields do not fit together; see the reason and correct that field"
_DESK = "the engine refused what only the venue's own desk asks; report this to the operator"

REJECTS = {
    Reject.NONE: (Code.INTERNAL_SERVER_ERROR, "the engine refused without a reason; report this to the operator"),
    Reject.UNKNOWN_COMMAND: (Code.INTERNAL_SERVER_ERROR, "the engine does not know this; report it to the operator"),
    Reject.UNKNOWN_ACCOUNT: (Code.FORBIDDEN, "the account of this key is not open here; ask the operator to open it"),
    Reject.DUPLICATE_CLIENT_ID: (
        Code.OTHER_REJECT,
        "this client_order_id was used before; the first order stands, use a new id for a new order",
    ),
    Reject.UNKNOWN_CONTRACT: (Code.NOT_FOUND, "no such instrument; public/get_instruments lists them"),
    Reject.UNKNOWN_NODE: (Code.INTERNAL_SERVER_ERROR, _DESK),
    Reject.UNKNOWN_LEG: (Code.NOT_FOUND, "no such instrument to be a leg"),
    Reject.UNKNOWN_ORDER: (Code.ORDER_NOT_FOUND, "the order is not open; private/get_open_orders lists those that are"),
    Reject.NOT_YOUR_ORDER: (Code.NOT_OWNER_OF_ORDER, "the order belongs to another account; name one of your own"),
    Reject.BAD_TEXT: (Code.INVALID_ARGUMENTS, "ids are 1 to 36 characters of A-Z a-z 0-9 _ -"),
    Reject.BAD_SIDE: (Code.INVALID_ARGUMENTS, _ODD),
    Reject.BAD_ORDER_TYPE: (Code.INVALID_ARGUMENTS, _ODD),
    Reject.BAD_TIME_IN_FORCE: (Code.INVALID_ARGUMENTS, _ODD),
    Reject.BAD_SELF_TRADE: (Code.INVALID_ARGUMENTS, _ODD),
    Reject.BAD_FLAGS: (Code.INVALID_ARGUMENTS, _ODD),
    Reject.BAD_PRICE: (Code.INVALID_PRICE, "the price is out of bounds; see min_price and max_price of the ticker"),
    Reject.BAD_LOTS: (Code.INVALID_AMOUNT, "the amount is out of bounds; use a smaller one"),
    Reject.BAD_TRIGGER: (
        Code.INVALID_TRIGGER_PRICE,
        "stop orders that wait need a trigger price, other orders have none; give one, or drop it",
    ),
    Reject.BAD_DISPLAY: (
        Code.INVALID_MAX_SHOW_AMOUNT,
        "an iceberg is a limit order that rests and shows at least a hundredth of itself; show more, or all",
    ),
    Reject.BAD_MINIMUM: (
        Code.INVALID_AMOUNT,
        "the least to trade at once is at most the amount, of limit and market orders; make it smaller, or drop it",
    ),
    Reject.BAD_OFFSET: (Code.INVALID_ARGUMENTS, "only pegged orders have an offset, from 0 up; drop it"),
    Reject.BAD_EXPIRY: (Code.INVALID_ARGUMENTS, "the expiry has passed or does not belong here; set one in the future"),
    Reject.BAD_AMOUNT: (Code.INVALID_AMOUNT, "the amount is out of bounds; use a smaller one"),
    Reject.BAD_FEE: (Code.INVALID_ARGUMENTS, "the fee is out of bounds"),
    Reject.BAD_OPTION: (Code.INVALID_ARGUMENTS, "there is no such choice; see the reason and correct that field"),
    Reject.ACCOUNT_EXISTS: (Code.OTHER_REJECT, "there is an account of this name"),
    Reject.CONTRACT_EXISTS: (Code.OTHER_REJECT, "there is an instrument of this name"),
    Reject.STRIP_IN_USE: (Code.OTHER_REJECT, "the strip has orders or trades, so its legs stay as they are"),
    Reject.STRIP_IS_FULL: (Code.OTHER_REJECT, "a strip has 168 legs at most"),
    Reject.LEG_IS_STRIP: (Code.OTHER_REJECT, "a leg is an hour, not a strip"),
    Reject.LEG_OUT_OF_ORDER: (Code.OTHER_REJECT, "legs are added in the order they were listed, each once"),
    Reject.LEG_DIFFERS: (Code.OTHER_REJECT, "the leg is of another SKU, region or tick than the strip"),
    Reject.MARGIN_IN_USE: (Code.INTERNAL_SERVER_ERROR, _DESK),
    Reject.NOT_REPLACEABLE: (
        Code.OTHER_REJECT,
        "a quote is changed by the next in its slot, an order for several instruments not at all; send a new one",
    ),
    Reject.CONTRACT_OPEN: (Code.INTERNAL_SERVER_ERROR, _DESK),
    Reject.NODE_TAKEN: (Code.INTERNAL_SERVER_ERROR, _DESK),
    Reject.ATTESTED_BEFORE: (Code.OTHER_REJECT, "what this node delivered was said before, and that counts"),
    Reject.NOTHING_MISSING: (Code.INTERNAL_SERVER_ERROR, _DESK),
    Reject.NO_SUBSTITUTE: (Code.INTERNAL_SERVER_ERROR, _DESK),
    Reject.NOT_FIXED: (Code.OTHER_REJECT, "the instrument has no settlement price before its gate; wait for it"),
    Reject.NOT_FOR_STRIPS: (
        Code.OTHER_REJECT,
        "a strip takes plain limit orders, and neither quotes nor capacity; use those for its hours",
    ),
    Reject.STRIP_INCOMPLETE: (Code.OTHER_REJECT, "the strip has fewer than two hours so far; wait, or trade the hours"),
    Reject.NOT_FOR_WILDCARDS: (
        Code.OTHER_REJECT,
        "an order for any of several instruments is a plain limit order without fill_or_kill; drop the rest",
    ),
    Reject.NOT_A_WILDCARD: (Code.OTHER_REJECT, "the order is for one instrument, which takes no others"),
    Reject.MEMBERS_COMPLETE: (Code.OTHER_REJECT, "the order has all the instruments it was announced with"),
    Reject.MEMBER_TWICE: (Code.OTHER_REJECT, "the order has this instrument already"),
    Reject.MEMBER_DIFFERS: (Code.OTHER_REJECT, "a lot or a tick of this instrument is worth something else"),
    Reject.COHESION_CANNOT_REST: (
        Code.OTHER_REJECT,
        "an order for all hours from one hand cannot rest; send it immediate_or_cancel or fill_or_kill",
    ),
    Reject.SELLER_RESELLS: (
        Code.OTHER_REJECT,
        "hours that were bought cannot be sold as of one hand; sell them without cohesion, or those of one's own",
    ),
    Reject.CONTRACT_CLOSED: (Code.BOOK_CLOSED, "trading in this instrument has ended; trade a later delivery period"),
    Reject.STAGE_ORDER: (Code.OTHER_REJECT, "this stage does not follow on the one in which the instrument is"),
    Reject.NOT_OPEN: (
        Code.LOCKED_BY_ADMIN,
        "the instrument is listed and does not trade yet; wait for instrument.state to say open, and send it again",
    ),
    Reject.CONTRACT_HALTED: (
        Code.LOCKED_BY_ADMIN,
        "the venue has halted this instrument; wait for instrument.state to say open, and send it again",
    ),
    Reject.ENTRY_CLOSED: (
        Code.LOCKED_BY_ADMIN,
        "the venue takes no new orders now; cancelling works, send the order again later",
    ),
    Reject.ACCOUNT_DISABLED: (Code.ACCOUNT_LOCKED, "the venue has locked this account; ask the operator why"),
    Reject.FROZEN: (
        Code.MMP_TRIGGER,
        "market maker protection took the quotes away; reset it, then quote again",
    ),
    Reject.WRONG_PHASE: (
        Code.OTHER_REJECT,
        "orders are collected for an auction, which takes only limit orders that may rest, stops and pegs; "
        "send one of these, or wait for instrument.state to say open",
    ),
    Reject.RATE_EXCEEDED: (Code.TOO_MANY_REQUESTS, "the account sends orders faster than it may; wait and send again"),
    Reject.ORDER_TOO_LARGE: (Code.INVALID_AMOUNT, "the amount is beyond the account's limit for one order; split it"),
    Reject.PRICE_TOO_FAR: (
        Code.PRICE_NOT_ALLOWED,
        "the price is farther from the reference than the account may go; move it closer",
    ),
    Reject.OUTSIDE_BAND: (
        Code.PRICE_NOT_ALLOWED,
        "the price is outside the instrument's band around its reference; move it closer",
    ),
    Reject.BELOW_FILLED: (Code.ALREADY_FILLED, "at least this much is filled; edit to a greater amount or cancel"),
    Reject.NOTIONAL_TOO_LARGE: (Code.INVALID_AMOUNT, "price times amount is beyond the bound; split the order"),
    Reject.POST_ONLY_WOULD_CROSS: (
        Code.POST_ONLY_REJECT,
        "a post_only order would trade at once; move the price away from the other side",
    ),
    Reject.REDUCE_ONLY_WOULD_INCREASE: (
        Code.OTHER_REJECT,
        "a reduce_only order is at most as large as the position on the other side; make it smaller, or drop the flag",
    ),
    Reject.WATCH_LIST_FULL: (
        Code.NO_MORE_TRIGGERS,
        "too many all-or-none, pegged and resting reduce_only orders are open here; send a plain order, or wait",
    ),
    Reject.POSITION_LIMIT: (
        Code.NON_PME_MAX_FUTURE_POSITION_SIZE,
        "position and open orders together would pass the account's limit; cancel some, or trade less",
    ),
    Reject.ORDERS_LIMIT: (
        Code.PME_MAX_TOTAL_OPEN_ORDERS,
        "the account has as many open orders as it may have; cancel some first",
    ),
    Reject.NOT_OFFERED: (Code.INTERNAL_SERVER_ERROR, _DESK),
    Reject.UNDER_CALL: (
        Code.NOT_ENOUGH_FUNDS,
        "a margin call is out: only orders that reduce what the margin is for come in; reduce, or deposit",
    ),
    Reject.MARGIN_TOO_LARGE: (Code.INVALID_AMOUNT, "positions and orders would be worth more than the bound; use less"),
    Reject.BELOW_MARGIN_FLOOR: (
        Code.PRICE_NOT_ALLOWED,
        "a short on margin must bring more; raise the price, or sell no more than is held and declared",
    ),
    Reject.INSUFFICIENT_FUNDS: (
        Code.NOT_ENOUGH_FUNDS,
        "the cash left after open orders and margin does not cover price, amount and fee; cancel some or deposit",
    ),
    Reject.NOT_SHORT: (Code.INTERNAL_SERVER_ERROR, _DESK),
    Reject.INSUFFICIENT_POSITION: (Code.INTERNAL_SERVER_ERROR, _DESK),
    Reject.INSUFFICIENT_CAPACITY: (
        Code.NOT_ENOUGH_FUNDS,
        "more would be sold than is held and declared; call private/declare_capacity first",
    ),
}
assert REJECTS.keys() == set(Reject)
