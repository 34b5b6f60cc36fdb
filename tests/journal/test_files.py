"""The journal as a file: one writer, nothing lost, nothing half there."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from exchange.domain.records import Rows
from exchange.journal.format import FILE_NAME, CorruptJournal, JournalError, JournalLocked
from exchange.journal.reader import JournalReader, NoJournal
from exchange.journal.writer import JournalWriter
from tests.journal.market import START_NS, orders, stamped

OPEN_AND_SAY = """
import sys
from pathlib import Path
from exchange.journal.format import JournalError
from exchange.journal.reader import JournalReader
from exchange.journal.writer import JournalWriter
try:
    {"write": JournalWriter, "read": JournalReader}[sys.argv[1]](Path(sys.argv[2])).close()
    print("opened")
except JournalError as error:
    print(type(error).__name__, error)
"""

# Writes turns into a file that may not grow beyond a limit, as on a full disk, until it is told no.
FILL_THE_DISK = """
import resource, sys
from pathlib import Path
from exchange.journal.writer import JournalWriteFailed, JournalWriter
from tests.journal.market import START_NS, orders, stamped
import random
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
journal, chance, sequence = JournalWriter(Path(sys.argv[1])), random.Random(1), 0
try:
    while True:
        rows = stamped(orders(chance, 50), sequence, START_NS)
        journal.append(rows)
        journal.commit()
        sequence += 50
except JournalWriteFailed as error:
    print(sequence, error)
try:
    journal.append(rows)
except JournalWriteFailed as error:
    print(error)
"""


def append(journal: JournalWriter, count: int, seed: int = 1) -> Rows:
    rows = stamped(orders(random.Random(seed), count), journal.position.sequence, START_NS)
    journal.append(rows)
    return rows


def write(directory: Path, sizes: list[int]) -> None:
    journal = JournalWriter(directory)
    for size in sizes:
        append(journal, size)
        journal.commit()
    journal.close()


def read(directory: Path) -> list[bytes]:
    with JournalReader(directory) as reader:
        return [rows.tobytes() for _, rows in reader.walk()]


def from_another_process(what: str, directory: Path) -> str:
    command = [sys.executable, "-c", OPEN_AND_SAY, what, str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def damage(directory: Path, *statements: str) -> None:
    """Change the file behind the journal's back."""
    connection = apsw.Connection(str(directory / FILE_NAME))
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_what_was_committed_reads_back(tmp_path: Path) -> None:
    """Against the list of what was appended; a directory that is not there is made."""
    directory = tmp_path / "new" / "venue"
    journal = JournalWriter(directory)
    written = []
    for seed in range(5):
        written.append(append(journal, seed + 1, seed).tobytes())
        journal.commit()
    journal.close()
    assert read(directory) == written


def test_what_was_not_committed_is_not_there(tmp_path: Path) -> None:
    """An appended frame is nothing until it is durable."""
    journal = JournalWriter(tmp_path)
    written = append(journal, 2).tobytes()
    journal.commit()
    append(journal, 3)
    journal.close()
    assert read(tmp_path) == [written]


def test_every_writer_has_its_own_epoch(tmp_path: Path) -> None:
    """Also after one that wrote nothing; the chain goes on across them."""
    epochs = []
    for _ in range(3):
        journal = JournalWriter(tmp_path)
        epochs.append(journal.epoch)
        journal.close()
    write(tmp_path, [2])
    write(tmp_path, [3, 1])
    with JournalReader(tmp_path) as reader:
        epochs += [position.epoch for position, _ in reader.walk()]
    assert epochs == [1, 2, 3, 4, 5, 5]


def test_a_second_process_is_refused(tmp_path: Path) -> None:
    """Writing or reading, from the moment of opening, with a message that names the directory."""
    journal = JournalWriter(tmp_path)
    assert from_another_process("write", tmp_path).startswith(f"JournalLocked directory {tmp_path} is in use")
    assert from_another_process("read", tmp_path).startswith(f"JournalLocked directory {tmp_path} is in use")
    append(journal, 2)
    journal.commit()
    assert from_another_process("write", tmp_path).startswith("JournalLocked")
    journal.close()
    assert from_another_process("write", tmp_path) == "opened\n"


def test_a_second_writer_in_the_same_process_is_refused(tmp_path: Path) -> None:
    """One writer ever."""
    journal = JournalWriter(tmp_path)
    with pytest.raises(JournalLocked, match=str(tmp_path)):
        JournalWriter(tmp_path)
    journal.close()


@pytest.mark.parametrize(
    ("statements", "reason"),
    [
        (["DELETE FROM frames WHERE number = 2"], "gap: expected frame 2 with first sequence 4, found frame 3"),
        (["DELETE FROM frames WHERE number = 1"], "gap: expected frame 1 with first sequence 1, found frame 2"),
        (["DELETE FROM frames WHERE number = 4"], r"gap: expected 4 frames .* after frame 3 \(sequence 9\)"),
        (["DELETE FROM frames"], r"gap: expected 4 frames .* after frame 0"),
        (
            [
                "UPDATE frames SET number = -2 WHERE number = 2",
                "UPDATE frames SET number = 2 WHERE number = 3",
                "UPDATE frames SET number = 3 WHERE number = -2",
            ],
            r"frame 2 .*broken chain",
        ),
        (
            ["DELETE FROM frames WHERE number = 2", "UPDATE frames SET number = number - 1 WHERE number > 2"],
            r"frame 2 .*broken chain",
        ),
        (["UPDATE frames SET frame = substr(frame, 1, 200) WHERE number = 3"], r"frame 3 .*length of the payload"),
        (["UPDATE frames SET frame = substr(frame, 1, 20) WHERE number = 4"], r"frame 4 .*truncated"),
        (["UPDATE frames SET frame = x'' WHERE number = 1"], r"frame 1 .*truncated"),
        (["INSERT INTO frames VALUES (5, randomblob(192))"], r"frame 5 .*magic"),
        (["UPDATE frames SET frame = randomblob(length(frame)) WHERE number = 2"], r"frame 2 .*magic"),
        (["DELETE FROM head"], "expected a head of shard 0, found none"),
        (["DROP TABLE frames"], "no such table"),
    ],
)
def test_damage_is_found_and_placed(tmp_path: Path, statements: list[str], reason: str) -> None:
    """Whatever was done to the rows; the message says where."""
    write(tmp_path, [3, 4, 2, 5])
    damage(tmp_path, *statements)
    with pytest.raises(CorruptJournal, match=reason):
        read(tmp_path)


def test_a_flipped_byte_in_the_file_is_found(tmp_path: Path) -> None:
    """On the disk, below SQLite, which does not notice."""
    write(tmp_path, [3, 400, 2])
    file = tmp_path / FILE_NAME
    bytes_on_disk = bytearray(file.read_bytes())
    with JournalReader(tmp_path) as reader:
        second = [rows for _, rows in reader.walk()][1].tobytes()
    place = bytes_on_disk.index(second[1_000:1_100])
    bytes_on_disk[place] ^= 64
    file.write_bytes(bytes_on_disk)
    with pytest.raises(CorruptJournal, match=r"frame 2 \(expected first sequence 4\): bad CRC: expected 0x"):
        read(tmp_path)


def test_a_writer_does_not_continue_a_damaged_end(tmp_path: Path) -> None:
    """A frame cut off the end, or a last frame that is not whole, is refused before anything is added."""
    write(tmp_path, [3, 4])
    damage(tmp_path, "DELETE FROM frames WHERE number = 2")
    with pytest.raises(CorruptJournal, match="expected to end with frame 2, found frame 1"):
        JournalWriter(tmp_path)
    damage(tmp_path, "UPDATE frames SET frame = x'00'")
    with pytest.raises(CorruptJournal, match="frame 1: truncated"):
        JournalWriter(tmp_path)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    """By the reader and by the writer."""
    (tmp_path / FILE_NAME).write_bytes(b"to be or not to be" * 1_000)
    with pytest.raises(CorruptJournal, match=FILE_NAME):
        read(tmp_path)
    with pytest.raises(CorruptJournal, match=FILE_NAME):
        JournalWriter(tmp_path)


def test_a_directory_without_a_journal_says_so(tmp_path: Path) -> None:
    """Reading makes nothing."""
    with pytest.raises(NoJournal, match=str(tmp_path)):
        JournalReader(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """With its name."""
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match=f"directory {tmp_path / 'file'} cannot be written"):
        JournalWriter(tmp_path / "file")


def test_a_full_disk_stops_the_writer_and_loses_nothing(tmp_path: Path) -> None:
    """In a process whose files may not grow: it says what to do, takes no more, and all that was committed is there."""
    command = [sys.executable, "-c", FILL_THE_DISK, str(tmp_path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    committed, reason = said[0].split(maxsplit=1)
    assert int(committed) > 0
    assert "Make room on the disk" in reason
    assert str(tmp_path) in reason
    assert "restart to recover" in said[1]
    assert sum(map(len, read(tmp_path))) // 128 == int(committed)
    write(tmp_path, [1])
