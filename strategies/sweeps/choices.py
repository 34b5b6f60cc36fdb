"""Words that a sweep can be told."""

from enum import StrEnum


class Objective(StrEnum):
    """What makes a trial better than another."""

    SHARPE = "sharpe"
    PROFIT = "profit"


class Sampler(StrEnum):
    """How trials are chosen: TPE learns from those before, random does not."""

    TPE = "tpe"
    RANDOM = "random"


class Pruner(StrEnum):
    """What stops bad trials early."""

    MEDIAN = "median"
    HYPERBAND = "hyperband"
    NONE = "none"
