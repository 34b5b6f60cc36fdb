"""What is to be done about the lots of every contract after its gate, said as commands."""

from exchange.settlement.survey import survey

__all__ = ["survey"]
