"""Market makers: strategies that stand on both sides of the book and live from the spread."""

from strategies.making.avellaneda_stoikov import AvellanedaStoikov, optimal_spread, reservation_price

__all__ = ["AvellanedaStoikov", "optimal_spread", "reservation_price"]
