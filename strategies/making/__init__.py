"""Market makers: strategies that stand on both sides of the book and live from the spread."""

from strategies.making.avellaneda_stoikov import AvellanedaStoikov, optimal_spread, reservation_price
from strategies.making.glft import GueantLehalleFernandezTapia
from strategies.making.grid import Grid
from strategies.making.maker import Maker, Outlook, Stance
from strategies.making.perishable import Perishable
from strategies.making.strips import StripMaker
from strategies.making.symmetric import Symmetric

__all__ = [
    "AvellanedaStoikov",
    "Grid",
    "GueantLehalleFernandezTapia",
    "Maker",
    "Outlook",
    "Perishable",
    "Stance",
    "StripMaker",
    "Symmetric",
    "optimal_spread",
    "reservation_price",
]
