"""Units and bounds. Money is micro-dollars, price is ticks, size is lots, time is nanoseconds."""

from decimal import Decimal, InvalidOperation

from exchange.domain.errors import BadUnits

PRICE_TICKS_MAX = 10**8
LOTS_MAX = 10**9
TOTAL_MAX = 4 * 10**18  # Numba wraps silently, so every total is checked against this before adding.
FEE_BPS_MAX = 10**4
BPS = 10**4
MICROS_PER_DOLLAR = 10**6
# How far from the best opposite price a market order without a limit may trade.
MARKET_PROTECTION_BPS = 500
# An iceberg shows at least this part of itself, which bounds the events of one sweep.
ICEBERG_SLICES_MAX = 100
# Open orders of a contract that must be looked at whenever it moves: all-or-none, pegged, resting reduce-only.
WATCHED_MAX = 64
# What an hour of delivery is attested in.
MINUTES_EACH = 60
# Quotes of one account in one contract, each side.
QUOTE_SLOTS = 8
# How many lots a closing call must trade to make the settlement price, unless the venue says otherwise.
FIXING_LOTS = 10
# Hours of a strip: a week has as many.
LEGS_MIN = 2
LEGS_MAX = 168
ORDERS_RESERVED_MAX = 2**24  # for which memory is taken ahead
# Contracts of a wildcard.
MEMBERS_MAX = 64

# Values of a lot-hour that margin looks at.
SCENARIOS = 16

NS_PER_SECOND = 10**9
NS_PER_MINUTE = 60 * NS_PER_SECOND
NS_PER_HOUR = 60 * NS_PER_MINUTE
NEVER_NS = 2**63 - 1

_NOTHING = Decimal(0)


def exact_units(value: str | float | Decimal, unit: Decimal, what: str, within: Decimal = _NOTHING) -> int:
    """How many ``unit`` make ``value``, exactly, or ``within`` so much of it.

    Raises BadUnits if ``value`` is not a finite number or not a whole multiple of ``unit``.
    A float is read as its shortest decimal text, so 2.35 means 2.35.
    """
    try:
        amount = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise BadUnits(f"{what} {value!r} is not a number") from None
    # An exponent beyond this is no price, and dividing it could take for ever.
    if not amount.is_finite() or abs(amount.adjusted()) > 20:
        raise BadUnits(f"{what} {value!r} is out of range")
    whole, rest = divmod(amount, unit)
    # A rest of more digits than are reckoned with is rounded, at worst to a whole unit.
    if within and unit - rest <= within:
        return int(whole) + 1
    if rest and abs(rest) > within:
        raise BadUnits(f"{what} {value} is not a multiple of {round(unit, 8).normalize():f}")
    return int(whole)


def micros(dollars: str | float | Decimal) -> int:
    """Dollars as micro-dollars, exactly."""
    return exact_units(dollars, Decimal(1).scaleb(-6), "amount")


def dollars(micros: int) -> str:
    """Micro-dollars as dollars, exactly: every digit that there is, and at least cents."""
    whole, part = divmod(abs(micros), MICROS_PER_DOLLAR)
    digits = f"{part:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole}.{digits}"
