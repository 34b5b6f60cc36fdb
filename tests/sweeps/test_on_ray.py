"""Ray for real, on this machine: the same study as anywhere."""

import os
import subprocess
import sys
from pathlib import Path

from strategies.sweeps.executors import Here
from tests.sweeps import toys

SCRIPT = """
import sys
from pathlib import Path

from strategies.sweeps.on_ray import LOCAL, OnRay
from tests.sweeps import toys

cluster = OnRay(toys.hill, LOCAL, 1)
try:
    print(toys.text(toys.swept(Path(sys.argv[1]), toys.plan(), cluster)))
finally:
    cluster.close()
"""


def test_a_cluster_finds_the_same(tmp_path: Path) -> None:
    """In a process and a home of its own, because Ray leaves threads in the one and a token in the other."""
    home = tmp_path / "home"
    home.mkdir()
    found = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "kept")],
        capture_output=True, text=True, check=False, env=os.environ | {"HOME": str(home)},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip() == toys.text(toys.swept(tmp_path / "whole", toys.plan(), Here(toys.hill)))
