"""What nomination is told and what it answers. Hours count from 1970; accounts, nodes and sites are numbers."""

from __future__ import annotations

from typing import NamedTuple

from exchange.domain.enums import Cohesion


class Need(NamedTuple):
    """What a provider delivers to a buyer in an hour."""

    hour: int
    provider: int
    buyer: int
    lots: int


class Node(NamedTuple):
    """A node that its provider declared, and the hours in which it can be had. Providers number their own nodes."""

    provider: int
    node: int
    site: int
    hours: tuple[int, ...]


class Order(NamedTuple):
    """Lots of a buyer with one provider in a run of hours. They are a part of what he needs, not more of it."""

    provider: int
    buyer: int
    first_hour: int
    hours: int
    lots: int
    cohesion: Cohesion


class Assignment(NamedTuple):
    """Which buyer a node serves in an hour."""

    hour: int
    provider: int
    node: int
    buyer: int


class Outcome(NamedTuple):
    """How often lots of a provider's buyers change nodes, and how often they must, as far as that is proven.

    The two are equal unless the bounds on solving were reached (see ``exchange.clearing.nomination``).
    """

    provider: int
    switches: int
    switches_least: int


class Nomination(NamedTuple):
    """Who is served by which node, ordered by hour, provider and node, and one outcome for each provider."""

    assignments: tuple[Assignment, ...]
    outcomes: tuple[Outcome, ...]
