"""What the outside world can do wrong; each message says what was expected and what was found."""


class GpuxError(Exception):
    """Anything gpux raises on purpose."""


class BadUnits(GpuxError):
    """A price, size or amount that is not a whole number of its unit, or beyond its bound."""


class BadText(GpuxError):
    """An id that is not 1 to 36 characters of A-Z a-z 0-9 _ -."""


class BadSymbol(GpuxError):
    """A contract name that does not parse or names something unknown."""


class BadTimeZone(GpuxError):
    """A time zone that nobody knows, or whose clocks are not whole hours from UTC."""


class BadSchedule(GpuxError):
    """A life that does not fit its contract, such as one listed after its gate."""
