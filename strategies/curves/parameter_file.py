"""Files of fitted parameters: what was believed, from which prices, how surely. JSON, checked by pydantic."""

from importlib import resources
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from strategies.curves.model import Parameters, Part
from strategies.curves.prices import BadPrices


class Provenance(Part):
    """Where parameters come from."""

    provider: str
    sku: str  # the provider's name
    region: str
    kind: str
    first_utc: str
    last_utc: str
    rows: int
    times: int
    changes: int
    outcome: str
    standard_errors: dict[str, float] = Field(default_factory=dict)
    at_bound: tuple[str, ...] = ()


class FittedModel(Part):
    """Parameters that were fitted to prices. ``region`` is empty where the prices name none: it serves all."""

    sku: str
    region: str
    parameters: Parameters
    provenance: Provenance


class ScaledModel(Part):
    """A SKU without prices of its own: the behaviour of another around its own level."""

    sku: str
    of: str
    ratio: Annotated[float, Field(gt=0, le=100)]
    error: Annotated[float, Field(ge=0, le=5)] = 0.0  # of the ratio's logarithm
    source: str


class RegionLevel(Part):
    """How dear a region is beside the average one, in which prices without a region stand."""

    region: str
    ratio: Annotated[float, Field(gt=0, le=100)]
    error: Annotated[float, Field(ge=0, le=5)] = 0.0  # of the ratio's logarithm
    source: str


Share = Annotated[float, Field(ge=0, le=1)]


class SharedVariance(Part):
    """What part of the variance of a place's shocks is the whole market's, its SKU's and its region's."""

    everywhere: Share = 0.0
    sku: Share = 0.0
    region: Share = 0.0
    standard_errors: dict[str, float] = Field(default_factory=dict)
    unknown: tuple[str, ...] = ()  # those that no two places tell
    source: str = ""

    @model_validator(mode="after")
    def _all_is_one(self) -> "SharedVariance":
        if self.everywhere + self.sku + self.region > 1.0 + 1e-9:
            raise ValueError("everywhere, sku and region are shares of one variance: they add up to 1 at most")
        return self


class Comovement(Part):
    """How places move together: in the short term, in the long term, and in jumps. By default they do not."""

    short: SharedVariance = SharedVariance()
    long: SharedVariance = SharedVariance()
    jumps: SharedVariance = SharedVariance()
    place_error: Annotated[float, Field(ge=0, le=5)] = 0.0  # of a log level that only SKU and region foretell


class ParameterFile(Part):
    """Everything that makes a book of curves."""

    format: Literal[1] = 1
    note: str = ""
    models: tuple[FittedModel, ...]
    scaled: tuple[ScaledModel, ...] = ()
    regions: tuple[RegionLevel, ...] = ()
    comovement: Comovement = Comovement()


class BadParameters(BadPrices):
    """A file of parameters that cannot be used; the message says which field and why."""


def shipped_parameters() -> ParameterFile:
    """The parameters that ship with the package."""
    text = resources.files("strategies.curves").joinpath("data", "parameters.json").read_text(encoding="utf-8")
    return ParameterFile.model_validate_json(text)


def read_parameters(path: str) -> ParameterFile:
    """Raises BadParameters if the file cannot be read or is wrong."""
    try:
        with open(path, encoding="utf-8") as file:
            return ParameterFile.model_validate_json(file.read())
    except (OSError, UnicodeDecodeError) as error:
        raise BadParameters(f"{path}: cannot be read ({error})") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadParameters(f"{path}: {where or 'file'}: {first['msg']}") from None


def write_parameters(path: str, parameters: ParameterFile) -> None:
    """Raises BadParameters if the file cannot be written."""
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(parameters.model_dump_json(indent=1) + "\n")
    except OSError as error:
        raise BadParameters(f"{path}: cannot be written ({error.strerror or error})") from None
