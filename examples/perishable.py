"""The maker of hours that expire, kept within limits of one's own.

gpux simulate examples/perishable.py:Desk --hours 0.1
gpux simulate examples/perishable.py:Desk --hours 0.1 --set c_long=0.5 --set lots_max=40
"""

from strategies.base import Guarded, Limits
from strategies.making import Perishable


class Desk(Guarded):
    """What an hour left over loses at its gate (``c_long``) or one sold short costs (``c_short``) decides its quotes.

    Both are shares of the price. Whatever it wants, it never has more than ``lots_max`` in an hour, and stops quoting
    when it has lost ``loss_max_usd`` in a day.
    """

    def __init__(
        self, c_long: float = 0.2, c_short: float = 0.3, lots_max: int = 100, loss_max_usd: float = 10_000.0
    ) -> None:
        limits = Limits(hour_max_lots=lots_max, day_loss_max_usd=loss_max_usd)
        super().__init__(Perishable(c_long=c_long, c_short=c_short), limits)
