"""A sweep that was stopped, however, goes on to the same end; and no file is taken for another."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from strategies.sweeps.executors import Here
from strategies.sweeps.store import BadStore, Store
from strategies.sweeps.task import Score, Task
from tests.sweeps import toys

PATIENCE_S = 60.0


def children(pid: int) -> list[int]:
    """Of a process, those that run."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
    return [int(child) for child in listed.split()]


def is_running(pid: int) -> bool:
    """A zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: object) -> None:
    until = time.monotonic() + PATIENCE_S
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


def test_a_killed_sweep_goes_on_to_the_same_end(tmp_path: Path) -> None:
    """SIGKILL in the middle of a real process with a pool: its workers end too, and what it found is not run again."""
    path = tmp_path / "scores.jsonl"
    process = subprocess.Popen([sys.executable, "-m", "tests.sweeps.toys", str(path)], stdout=subprocess.DEVNULL)
    try:
        wait_for(lambda: path.exists() and path.read_bytes().count(b"\n") > 20)
        workers = children(process.pid)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert len(workers) >= 2
    wait_for(lambda: not any(map(is_running, workers)))
    kept = path.read_bytes().count(b"\n") - 1
    again: list[Task] = []

    def hill(task: Task) -> Score:
        again.append(task)
        return toys.hill(task)

    resumed = toys.swept(path, toys.plan(), Here(hill), is_resumed=True)
    whole = toys.swept(tmp_path / "whole", toys.plan(), Here(toys.hill))
    assert toys.text(resumed) == toys.text(whole)
    assert 20 <= kept < sum(len(trial.scores) for trial in whole)
    assert len(again) == sum(len(trial.scores) for trial in whole) - kept


def test_more_trials_go_on_from_fewer(tmp_path: Path) -> None:
    """A sweep of 24 is one of 10 and 14 more."""
    path = tmp_path / "kept"
    toys.swept(path, toys.plan(trials=10), Here(toys.hill))
    longer = toys.swept(path, toys.plan(trials=24), Here(toys.hill), is_resumed=True)
    assert toys.text(longer) == toys.text(toys.swept(tmp_path / "whole", toys.plan(trials=24), Here(toys.hill)))


def test_a_torn_line_is_dropped(tmp_path: Path) -> None:
    """At every place where a crash may tear the last one."""
    path = tmp_path / "kept"
    toys.swept(path, toys.plan(trials=2), Here(toys.hill))
    whole = path.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for end in range(last, len(whole)):
        path.write_bytes(whole[:end])
        store = Store(path, toys.IDENTITY, True)
        assert len(store) == whole.count(b"\n") - 2
        store.close()
        assert path.read_bytes() == whole[:last]


def test_a_sweep_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    """Only --resume touches it."""
    path = tmp_path / "kept"
    toys.swept(path, toys.plan(trials=2), Here(toys.hill))
    before = path.read_bytes()
    with pytest.raises(BadStore, match="a sweep is kept here already; --resume goes on with it"):
        Store(path, toys.IDENTITY, False)
    with pytest.raises(BadStore, match="of another sweep: its run is toy, here it is game"):
        Store(path, {"run": "game"}, True)
    with pytest.raises(BadStore, match="of another sweep: its fee is None, here it is 5"):
        Store(path, {"run": "toy", "fee": 5}, True)
    assert path.read_bytes() == before


def test_two_sweeps_cannot_share_one(tmp_path: Path) -> None:
    """The second is told."""
    first = Store(tmp_path / "kept", toys.IDENTITY, False)
    with pytest.raises(BadStore, match="another sweep is writing to it"):
        Store(tmp_path / "kept", toys.IDENTITY, True)
    first.close()
    Store(tmp_path / "kept", toys.IDENTITY, True).close()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"hello\n", "line 1 is damaged"),
        (b'{"a": 1}\n', "not a file of scores"),
        (b'["gpux sweep scores", 2, {}]\n', "not a file of scores"),
        (b'["gpux sweep scores", 1, {"run": "toy"}]\n{"half\n[1]\n', "line 2 is damaged"),
        (b'["gpux sweep scores", 1, {"run": "toy"}]\n["key", [1.0], 2]\n', "line 2 is not a score"),
    ],
)
def test_damage_is_loud(tmp_path: Path, content: bytes, said: str) -> None:
    """Anywhere but in a torn last line; and the file stays as it is."""
    path = tmp_path / "kept"
    path.write_bytes(content)
    with pytest.raises(BadStore, match=said):
        Store(path, toys.IDENTITY, True)
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """In one line, with the system's word for it."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(BadStore, match="cannot be written"):
        Store(tmp_path / "file" / "kept", toys.IDENTITY, False)
    assert os.listdir(tmp_path) == ["file"]
