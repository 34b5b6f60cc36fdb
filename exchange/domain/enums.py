"""Every closed set of words that commands, events and records use."""

from enum import IntEnum, IntFlag


class Side(IntEnum):
    BUY = 0
    SELL = 1


class CommandKind(IntEnum):
    """What can be asked of the engine. The numbers are in every journal: never reuse one."""

    NEW = 1
    CANCEL = 2
    REPLACE = 3
    CANCEL_ALL = 4
    TICK = 5
    LIST = 6
    OPEN_ACCOUNT = 7
    CASH = 8
    CAPACITY = 9
    PHASE = 10
    QUOTE = 11
    MARK = 12
    BANDS = 13
    LIMITS = 14
    PROTECT = 15
    RESET = 16
    KILL = 17
    GROUP = 18
    TRANSFER = 40
    BOND = 41
    FEES = 42
    NOMINATE = 43
    ATTEST = 44
    COMPENSATE = 45
    BUY_IN = 46
    MAKE_GOOD = 47
    FIXING_LOTS = 30
    CORRECTION = 31
    LEG = 19  # one more hour of a strip
    WILDCARD = 50
    MEMBER = 51  # one more contract of a wildcard
    MARGIN = 60  # what a lot of a contract is worth in each scenario
    MARGIN_TERMS = 61


class EventKind(IntEnum):
    """What can happen. See ``records.EVENT`` for the columns each kind fills."""

    ACCEPTED = 1
    RESTED = 2
    FILLED = 3
    AMENDED = 4
    CANCELLED = 5
    EXPIRED = 6
    REJECTED = 7
    LISTED = 8
    PHASE = 9
    ACCOUNT_OPENED = 10
    CASH = 11
    CAPACITY = 12
    REFRESHED = 13  # the next slice of an iceberg shows, at the back of its queue
    PARKED = 14  # an open order left the visible book and waits to come back
    TRIGGERED = 15
    INDICATIVE = 16
    CONFIGURED = 17  # a setting of the venue's desk; the reason is the CommandKind
    FROZEN = 18  # market-maker protection
    TRANSFER = 40
    BOND = 41
    NOMINATED = 43
    ATTESTED = 44
    COMPENSATED = 45
    BOUGHT_IN = 46
    MADE_GOOD = 47  # what was bought is told by FILLED, without a taker's order
    FIXING = 30  # the settlement price; the reason is a FixingMethod
    CORRECTED = 31
    STRIP = 19  # a strip order traded the same lots in each of its legs
    MEMBER = 51  # a contract belongs to a wildcard; the order there is not open for anything yet
    SHARED = 52  # a wildcard traded lots where one of its members stood
    MARGIN_CALL = 60  # an account has less than its positions require, or (reason 0) no longer


class OrderType(IntEnum):
    LIMIT = 1
    MARKET = 2
    MARKET_TO_LIMIT = 3
    STOP = 4
    STOP_LIMIT = 5
    PEG_BEST = 6
    PEG_MID = 7


class TimeInForce(IntEnum):
    GTC = 1
    GTD = 2
    IOC = 3
    FOK = 4
    DAY = 5  # until the contract's gate


class SelfTrade(IntEnum):
    """Who gives way when an account, or a group of accounts, would trade with itself; the taker's choice counts."""

    CANCEL_NEWEST = 0
    CANCEL_OLDEST = 1
    CANCEL_BOTH = 2
    DECREMENT = 3  # both lose the smaller size, without a trade


class Cohesion(IntEnum):
    """What the lots of a strip have to do with each other: the ``option`` of NEW."""

    NONE = 0  # nothing
    SITE = 1  # all of them, in all hours, on nodes of one site
    NODE = 2  # each on the very same node in all hours


class Flag(IntFlag):
    """Bits of the ``flags`` column of NEW and REPLACE."""

    POST_ONLY = 1
    # REPLACE only: ``lots`` is the new open quantity, not the new total (which counts fills).
    LOTS_ARE_OPEN = 2
    SLIDE = 4  # post-only that steps back to the nearest price at which it rests
    REDUCE_ONLY = 8
    ALL_OR_NONE = 16
    ON_MARK = 32  # a stop that waits for the mark, not for the last trade


class Sweep(IntFlag):
    """Bits of the ``flags`` column of CANCEL_ALL."""

    ONLY_BUYS = 1
    ONLY_SELLS = 2
    ONLY_QUOTES = 4


class QuoteFlag(IntFlag):
    """Bits of the ``flags`` column of QUOTE."""

    FIRST = 2  # removes the account's other quotes in the contract first


class TransferFlag(IntFlag):
    """Bits of the ``flags`` column of TRANSFER."""

    FROM_BOND = 1  # out of what the payer pledged


class Scope(IntEnum):
    """What a limit counts: the ``option`` of LIMITS."""

    ACCOUNT = 0
    POOL = 1  # one SKU in one region
    CONTRACT = 2  # any single contract


class Kill(IntEnum):
    """What a kill switch stops: the ``option`` of KILL."""

    ENTRY = 0
    ACCOUNT = 1
    MARKET = 2


class Phase(IntEnum):
    """Where a contract stands in its life. PREOPEN, CLOSING and VOLATILITY collect orders for a call auction."""

    CONTINUOUS = 1
    GATED = 2
    PREOPEN = 3
    CLOSING = 4
    VOLATILITY = 5
    HALTED = 6
    CANCEL_ONLY = 7
    LISTED = 8  # to be seen, not to be traded yet
    NOMINATED = 9  # who delivers what to whom is settled
    DELIVERING = 10
    SETTLED = 11


COLLECTING = frozenset({Phase.PREOPEN, Phase.CLOSING, Phase.VOLATILITY})
# The way from listing to settlement. VOLATILITY, HALTED and CANCEL_ONLY are beside the way, not on it.
STAGES = (
    Phase.LISTED,
    Phase.PREOPEN,
    Phase.CONTINUOUS,
    Phase.CLOSING,
    Phase.GATED,
    Phase.NOMINATED,
    Phase.DELIVERING,
    Phase.SETTLED,
)
CLOSED = frozenset(STAGES[STAGES.index(Phase.GATED) :])


class FixingMethod(IntEnum):
    """What the settlement price of a contract was made from, the first that there is enough for."""

    NONE = 0
    CALL = 1  # the price of the closing call
    VOLUME = 2  # the volume-weighted average of the last hour
    MIDDLE = 3  # the time-weighted middle of that hour


class Reason(IntEnum):
    """Why open lots went away without a fill, or an order changed without being asked to."""

    USER = 1
    MASS = 2
    SELF_TRADE = 3
    IOC = 4
    FOK = 5
    GTD = 6
    GATE = 7
    MINIMUM = 8
    REDUCE_ONLY = 9
    PEG = 10
    QUOTE = 11
    PROTECTION = 12
    KILL = 13
    AUCTION = 14  # of a FILLED row
    SHARED = 50  # another member of the wildcard traded them


class Reject(IntEnum):
    """Why a command was refused, in order of precedence: the first that applies is reported."""

    NONE = 0
    UNKNOWN_COMMAND = 1
    UNKNOWN_ACCOUNT = 2
    DUPLICATE_CLIENT_ID = 3
    UNKNOWN_CONTRACT = 4
    UNKNOWN_NODE = 80
    UNKNOWN_LEG = 45
    UNKNOWN_ORDER = 5
    NOT_YOUR_ORDER = 6
    BAD_TEXT = 7
    BAD_SIDE = 8
    BAD_ORDER_TYPE = 9
    BAD_TIME_IN_FORCE = 10
    BAD_SELF_TRADE = 11
    BAD_FLAGS = 12
    BAD_PRICE = 13
    BAD_LOTS = 14
    BAD_TRIGGER = 26
    BAD_DISPLAY = 27
    BAD_MINIMUM = 28
    BAD_OFFSET = 29
    BAD_EXPIRY = 15
    BAD_AMOUNT = 16
    BAD_FEE = 17
    BAD_OPTION = 30
    ACCOUNT_EXISTS = 18
    CONTRACT_EXISTS = 19
    STRIP_IN_USE = 46
    STRIP_IS_FULL = 47
    LEG_IS_STRIP = 48
    LEG_OUT_OF_ORDER = 49
    LEG_DIFFERS = 50
    MARGIN_IN_USE = 100
    NOT_REPLACEABLE = 31
    CONTRACT_OPEN = 81
    NODE_TAKEN = 82
    ATTESTED_BEFORE = 83
    NOTHING_MISSING = 85
    NO_SUBSTITUTE = 86
    NOT_FIXED = 62
    NOT_FOR_STRIPS = 51
    STRIP_INCOMPLETE = 52
    NOT_FOR_WILDCARDS = 90
    NOT_A_WILDCARD = 91
    MEMBERS_COMPLETE = 92
    MEMBER_TWICE = 93
    MEMBER_DIFFERS = 94
    COHESION_CANNOT_REST = 95
    CONTRACT_CLOSED = 20
    STAGE_ORDER = 61
    NOT_OPEN = 60
    CONTRACT_HALTED = 32
    ENTRY_CLOSED = 33
    ACCOUNT_DISABLED = 34
    FROZEN = 35
    WRONG_PHASE = 36
    RATE_EXCEEDED = 37
    ORDER_TOO_LARGE = 38
    PRICE_TOO_FAR = 39
    OUTSIDE_BAND = 40
    BELOW_FILLED = 21
    NOTIONAL_TOO_LARGE = 22
    POST_ONLY_WOULD_CROSS = 23
    REDUCE_ONLY_WOULD_INCREASE = 41
    WATCH_LIST_FULL = 42
    POSITION_LIMIT = 43
    ORDERS_LIMIT = 44
    NOT_OFFERED = 88
    SELLER_RESELLS = 96
    UNDER_CALL = 101
    MARGIN_TOO_LARGE = 102
    BELOW_MARGIN_FLOOR = 103
    INSUFFICIENT_FUNDS = 24
    INSUFFICIENT_CAPACITY = 25
    NOT_SHORT = 87
    INSUFFICIENT_POSITION = 84
