"""Prepaid compute credit: what an account may spend on hours of a day, paid by a sponsor.

At the beginning of a UTC day what is left of the days before goes back and the day's credit is
granted. What open orders hold cannot go back; it counts as granted already. All commands for an
account belong into one turn, computed from the state to which they are applied.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from exchange.clearing.references import CREDIT, UNUSED, reference
from exchange.domain.enums import CommandKind
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.reports import AccountView


class CreditPlan(NamedTuple):
    """So many micro-dollars a day for ``account``, from ``sponsor``."""

    account: int
    sponsor: int
    micros: int


def credit_commands(date: str, plans: Sequence[CreditPlan], account: Callable[[int], AccountView]) -> list[Command]:
    """What brings each account to its credit of ``date`` (such as 2026-12-01), in the order of ``plans``.

    A sponsor that cannot pay is asked all the same, so that the journal says it, and then for what it has.
    """
    commands: list[Command] = []
    free_micros: dict[int, int] = {}  # of sponsors, after the commands so far
    for plan in plans:
        spender = account(plan.account)
        left_micros = spender.cash_micros - spender.reserved_micros
        has_micros = free_micros.setdefault(plan.sponsor, _free_micros(account(plan.sponsor))) + left_micros
        if left_micros > 0:
            commands.append(_transfer(UNUSED, date, plan, plan.account, plan.sponsor, left_micros))
        due_micros = max(plan.micros - spender.reserved_micros, 0)
        asks = [due_micros] if has_micros >= due_micros else [due_micros, has_micros]
        commands += [_transfer(CREDIT, date, plan, plan.sponsor, plan.account, ask) for ask in asks if ask > 0]
        free_micros[plan.sponsor] = has_micros - min(due_micros, has_micros)
    return commands


def granted(date: str, plan: CreditPlan, used_references: set[str]) -> bool:
    """Whether the credit of ``date`` was granted, be it in part and by whomever."""
    return reference(CREDIT, date, plan.account) in used_references


def _free_micros(view: AccountView) -> int:
    return view.cash_micros - view.reserved_micros


def _transfer(purpose: str, date: str, plan: CreditPlan, payer: int, payee: int, micros: int) -> Command:
    name = text_columns(reference(purpose, date, plan.account))
    return Command(kind=CommandKind.TRANSFER, account=payer, order_id=payee, amount=micros, **name)
