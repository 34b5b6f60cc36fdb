"""The maker of hours that expire: its control problem, solved; its portfolio; its strips; and the strategy."""

from strategies.making.perishable.arrivals import Steps, constant, rushing, stepped
from strategies.making.perishable.comoving import CurveComoving, SharedComoving
from strategies.making.perishable.maker import Perishable
from strategies.making.perishable.problem import Problem, newsvendor
from strategies.making.perishable.solving import solve
from strategies.making.perishable.table import Depths, Table

__all__ = [
    "CurveComoving",
    "Depths",
    "Perishable",
    "Problem",
    "SharedComoving",
    "Steps",
    "Table",
    "constant",
    "newsvendor",
    "rushing",
    "solve",
    "stepped",
]
