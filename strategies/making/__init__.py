"""Market makers: strategies that stand on both sides of the book and live from the spread."""

from strategies.making.avellaneda_stoikov import AvellanedaStoikov, optimal_spread, reservation_price
from strategies.making.strips import StripMaker

__all__ = ["AvellanedaStoikov", "StripMaker", "optimal_spread", "reservation_price"]
