"""What a run was made with, so that another machine can tell why it gets another result."""

import platform
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

import exchange

_KERNEL = Path(exchange.__file__).parent / "kernel"


class Versions(BaseModel):
    """``engine`` is a digest of the sources of the engine's kernel."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gpux: str
    python: str
    numpy: str
    numba: str
    polars: str
    engine: str


def versions() -> Versions:
    """Of this process."""
    digest = sha256()
    for path in sorted(_KERNEL.glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return Versions(
        gpux=version("gpu-spot-exchange"),
        python=platform.python_version(),
        numpy=version("numpy"),
        numba=version("numba"),
        polars=version("polars"),
        engine=digest.hexdigest()[:16],
    )
