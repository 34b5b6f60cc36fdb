"""Name every skipped test, and fail if one of them could have run."""

import os
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
# Chromium is installed before the tests, so only files that may not be copied into the project can be missing.
OUTSIDE = {"GPUX_DATA": "shared/data", "GPUX_WORKLOADS": "shared/workloads"}
RUNS = ("compiled", "fuzz", "uncompiled", "bounds", "clients")


def missing() -> set[str]:
    """The variables whose files are nowhere, so that their tests could not have run."""
    return {
        name for name, beside in OUTSIDE.items() if not (os.environ.get(name) or (CHECKOUT.parent / beside).is_dir())
    }


def skipped(report: Path) -> list[tuple[str, str]]:
    """Each skipped test of a report, with its reason."""
    return [
        (f"{case.get('classname')}::{case.get('name')}", skip.get("message") or "no reason")
        for case in ElementTree.parse(report).iter("testcase")
        for skip in case.iter("skipped")
    ]


def main(reports: Path) -> int:
    absent = missing()
    failures = 0
    for run in RUNS:
        for name, reason in skipped(reports / f"{run}.xml"):
            excused = any(variable in reason for variable in absent)
            failures += not excused
            print(f"{'skipped, its files are not here' if excused else 'SKIPPED'} ({run}): {name}: {reason}")
    if failures:
        print(f"{failures} tests were skipped that could have run")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
