"""The visible book, rebuilt from event rows alone, for those who have no engine.

``OrderByOrder`` keeps every queue, ``PriceLevels`` how many lots show at which price, and
``TopOfBook`` the best of these. Each starts empty and is given every event in order; or it is
told with ``enter`` what stood when it started. None of them asks a clock or does I/O, and the
same events give the same view everywhere.
"""

from exchange.views.levels import Book, Level, Levels, PriceLevels, Touched
from exchange.views.orders import OrderByOrder
from exchange.views.standing import Standing, StandingOrder
from exchange.views.top import Top, TopOfBook

__all__ = [
    "Book",
    "Level",
    "Levels",
    "OrderByOrder",
    "PriceLevels",
    "Standing",
    "StandingOrder",
    "Top",
    "TopOfBook",
    "Touched",
]
