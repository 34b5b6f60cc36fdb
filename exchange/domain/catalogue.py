"""Which SKUs and regions exist: data files that ship with the package, read through pydantic."""

import tomllib
from decimal import Decimal
from functools import cached_property
from importlib import resources
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, field_validator

from exchange.domain.errors import BadSymbol, BadTimeZone
from exchange.domain.local_time import check_zone
from exchange.domain.units import MICROS_PER_DOLLAR

Code = Annotated[str, Field(pattern="^[A-Z][A-Z0-9]{1,11}$")]


class Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Sku(Entry):
    """A canonical kind of GPU capacity."""

    code: Code
    title: str
    gpus_per_node: Annotated[int, Field(ge=1, le=72)]
    memory_gb: Annotated[int, Field(ge=1)]
    interconnect: Literal["pcie", "nvlink", "infiniband", "infinity_fabric"]
    isolation: Literal["vm", "bare_metal", "cluster"]
    tick_usd: Annotated[Decimal, Field(gt=0, decimal_places=4)]
    gate_minutes: Annotated[int, Field(ge=0, le=1440)]

    @cached_property
    def tick_micros(self) -> int:
        """The price step in micro-dollars a GPU-hour."""
        return int(self.tick_usd * MICROS_PER_DOLLAR)


class Region(Entry):
    """A place where capacity stands and is delivered."""

    code: Code
    area: Code
    title: str
    time_zone: str

    @field_validator("time_zone")
    @classmethod
    def _usable_zone(cls, time_zone: str) -> str:
        try:
            check_zone(time_zone)
        except BadTimeZone as error:
            raise ValueError(str(error)) from None
        return time_zone


class Catalogue(Entry):
    """All SKUs and regions, by code."""

    skus: dict[str, Sku]
    regions: dict[str, Region]

    def sku(self, code: str) -> Sku:
        """Raises BadSymbol if there is none."""
        return _known(self.skus, code, "SKU")

    def region(self, code: str) -> Region:
        """Raises BadSymbol if there is none."""
        return _known(self.regions, code, "region")

    @cached_property
    def sku_numbers(self) -> dict[str, int]:
        """By code: its place in the file, from 1. Journals know SKUs by it, so new ones go to the end."""
        return {code: number for number, code in enumerate(self.skus, 1)}

    @cached_property
    def region_numbers(self) -> dict[str, int]:
        """The same of regions."""
        return {code: number for number, code in enumerate(self.regions, 1)}


Item = TypeVar("Item", Sku, Region)


def _known(items: dict[str, Item], code: str, what: str) -> Item:
    if code not in items:
        raise BadSymbol(f"unknown {what} {code[:40]!r}: one of {', '.join(sorted(items))}")
    return items[code]


def _entries(file: str, key: str) -> list[dict[str, object]]:
    text = resources.files("exchange.domain").joinpath("data", file).read_text(encoding="utf-8")
    entries: list[dict[str, object]] = tomllib.loads(text)[key]
    return entries


def load_catalogue() -> Catalogue:
    """The catalogue that ships with the package. Raises pydantic.ValidationError if a file is wrong."""
    skus = [Sku.model_validate(entry) for entry in _entries("skus.toml", "sku")]
    regions = [Region.model_validate(entry) for entry in _entries("regions.toml", "region")]
    return Catalogue(skus={sku.code: sku for sku in skus}, regions={region.code: region for region in regions})


CATALOGUE = load_catalogue()
