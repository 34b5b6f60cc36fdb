"""What should be listed now and is not, as commands: hours as they come near, strips once all their hours are there.

Nothing is remembered: the calendar and the engine say all of it, so that a strip whose legs were cut short by
a crash gets the rest of them. Hours come first, then strips, then legs, each step after the one before it
has happened, because strips name their hours by number.
"""

from __future__ import annotations

from collections.abc import Iterator

from exchange.config import Settings
from exchange.domain import calendar
from exchange.domain.catalogue import CATALOGUE
from exchange.domain.enums import CommandKind, Phase
from exchange.domain.instruments import Contract, hour_contract
from exchange.domain.records import Command
from exchange.domain.text import text_columns
from exchange.engine import Engine
from exchange.stages import first_phase


def list_hours(engine: Engine, settings: Settings, now_ns: int) -> list[Command]:
    """LIST of every hour whose gate is to come, up to ``hours_ahead`` from the present one, earliest first."""
    skus = [CATALOGUE.sku(code) for code in settings.skus]
    regions = [CATALOGUE.region(code) for code in settings.regions]
    return [
        _list(hour, first_phase(hour, settings, now_ns), *numbers_of(hour))
        for hour in calendar.hours(skus, regions, now_ns, settings.hours_ahead)
        if engine.find_contract(hour.symbol) is None
    ]


def list_hour(engine: Engine, settings: Settings, now_ns: int, hour: Contract) -> list[Command]:
    """LIST of one hour, of whatever SKU and region; nothing if it is listed."""
    if engine.find_contract(hour.symbol) is not None:
        return []
    return [_list(hour, first_phase(hour, settings, now_ns), *numbers_of(hour))]


def list_strips(engine: Engine, settings: Settings, now_ns: int) -> list[Command]:
    """LIST of every strip whose hours are all listed: to be seen at first, as it trades only with all its legs.

    A strip has the numbers of its hours. Where hours that an older venue listed without numbers
    would mix with others, there is none.
    """
    commands = []
    for strip in _strips(settings, now_ns):
        if engine.find_contract(strip.symbol) is not None:
            continue
        legs = legs_of(engine, strip)
        numbers = {(view.sku, view.region) for view in map(engine.contract, legs)}
        if len(legs) == strip.hours and len(numbers) == 1:
            commands.append(_list(strip, Phase.LISTED, *numbers.pop()))
    return commands


def list_legs(engine: Engine, settings: Settings, now_ns: int) -> list[Command]:
    """LEG of every hour that a listed strip lacks."""
    commands = []
    for strip in _strips(settings, now_ns):
        number = engine.find_contract(strip.symbol)
        if number is None or engine.phase(number) != Phase.LISTED:
            continue
        known = len(engine.legs(number))
        commands += [
            Command(kind=CommandKind.LEG, contract=number, order_id=leg) for leg in legs_of(engine, strip)[known:]
        ]
    return commands


def legs_of(engine: Engine, strip: Contract) -> list[int]:
    """The numbers of those of its hours that are listed, in the order in which the engine takes them."""
    hours = (hour_contract(strip.sku, strip.region, hour) for hour in strip.delivery_hours)
    found = (engine.find_contract(hour.symbol) for hour in hours)
    return sorted(number for number in found if number is not None)


def numbers_of(contract: Contract) -> tuple[int, int]:
    """Those of its SKU and its region, by which limits and mass cancels select: their places in the catalogue."""
    return CATALOGUE.sku_numbers[contract.sku.code], CATALOGUE.region_numbers[contract.region.code]


def _strips(settings: Settings, now_ns: int) -> Iterator[Contract]:
    skus = [CATALOGUE.sku(code) for code in settings.skus]
    regions = [CATALOGUE.region(code) for code in settings.regions]
    return (
        contract for contract in calendar.contracts(skus, regions, now_ns, settings.hours_ahead) if contract.is_strip
    )


def _list(contract: Contract, phase: Phase, sku: int, region: int) -> Command:
    return Command(
        kind=CommandKind.LIST,
        amount=contract.tick_value_micros,
        lots=contract.gpu_hours_per_lot,
        expiry_ns=contract.gate_ns,
        # Trading is what it begins with if nothing else is said.
        option=0 if phase == Phase.CONTINUOUS else phase,
        sku=sku,
        region=region,
        **text_columns(contract.symbol),
    )
