"""Whether kernels are compiled, in which configuration, and where their machine code is kept."""

import hashlib
import os
from pathlib import Path
from tempfile import gettempdir
from types import ModuleType
from typing import Any

import numba
from numba.core import config as numba_config

config: Any = numba_config

COMPILED = not config.DISABLE_JIT
# Two configurations of the same kernel: with accounts, or (to measure matching alone) only the books.
FULL = os.environ.get("GPUX_KERNEL", "full") != "core"
_EXCHANGE = Path(__file__).parent.parent


def _sources_digest() -> str:
    """Digest of everything compiled code is made from.

    Numba's cache notices edits only to the file defining the cached function: after an edit
    to a constant elsewhere, two machines would disagree on the same journal.
    """
    digest = hashlib.blake2b(digest_size=8)
    digest.update(f"{numba.__version__} {bool(config.BOUNDSCHECK)} {FULL}".encode())
    for room in ("jit", "domain", "kernel"):
        for path in sorted(_EXCHANGE.glob(f"{room}/*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def digest_of(*modules: ModuleType) -> bytes:
    """Digest of the text of modules that compiled code is made from as well."""
    sources = (Path(str(module.__file__)).read_bytes() for module in modules)
    return hashlib.blake2b(b"".join(sources), digest_size=8).digest()


def _cache_directory() -> Path:
    """The user's cache directory, or a private temporary one where that cannot be written."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    directory = home / "gpux" / _sources_digest()
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        directory = Path(gettempdir()) / f"gpux-{os.getuid()}" / _sources_digest()
        directory.mkdir(parents=True, mode=0o700, exist_ok=True)
    return directory


if COMPILED:
    config.CACHE_DIR = str(_cache_directory())


def is_warm() -> bool:
    """Whether machine code from an earlier run is there, so that starting takes no compiling."""
    return not COMPILED or any(Path(config.CACHE_DIR).rglob("apply.*.nbi"))
