"""What tests need from outside the checkout: market data, workloads and a browser, or the reason why not."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parents[1]


def _outside(variable: str, beside: str) -> Path:
    """The directory named by ``variable``, else the one beside the checkout, else a skip that says so.

    A variable that is set but wrong fails: skipping would hide the slip of the pen.
    """
    named = os.environ.get(variable)
    if named:
        directory = Path(named).resolve()
        if not directory.is_dir():
            pytest.fail(f"{variable} is {named!r}, which is not a directory")
        return directory
    directory = _CHECKOUT.parent / beside
    if not directory.is_dir():
        pytest.skip(f"no {directory}: set {variable} to a directory with these files to run this test")
    return directory


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Real market data: ``prices/``, ``demand/`` and ``books/``."""
    return _outside("GPUX_DATA", "shared/data")


@pytest.fixture(scope="session")
def workloads_dir() -> Path:
    """Where the generator of the matching workloads stands."""
    return _outside("GPUX_WORKLOADS", "shared/workloads")


@pytest.fixture(scope="session")
def workload_file(workloads_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Path of a workload such as ``w1s``, seed 42: the file that is there, else generated once a session."""
    generated = tmp_path_factory.mktemp("workloads")

    def path_of(name: str) -> Path:
        for directory in (workloads_dir, generated):
            if (directory / f"{name}.bin").is_file():
                return directory / f"{name}.bin"
        # The generator is compiled: run without the JIT, or with its bounds checked, it takes minutes.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
        command = [sys.executable, str(workloads_dir / "gen.py"), str(generated), "42", name]
        made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        return generated / f"{name}.bin"

    return path_of


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """A Chromium to drive the pages with."""
    named = os.environ.get("GPUX_CHROMIUM")
    if named and not Path(named).is_file():
        pytest.fail(f"GPUX_CHROMIUM is {named!r}, which is not a file")
    found = named or shutil.which("chromium", path=f"/usr/bin{os.pathsep}{os.environ.get('PATH', '')}")
    if not found:
        pytest.skip("no Chromium: `apt-get install chromium`, or set GPUX_CHROMIUM to the path of one")
    return found
