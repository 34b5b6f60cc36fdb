"""Where recordings come from, as one text: a path, and after a question mark how to take it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl

from strategies.backtest.reading.checks import size_of
from strategies.backtest.reading.databento import read_databento
from strategies.backtest.reading.errors import BadSource
from strategies.backtest.reading.hftbacktest import read_hftbacktest
from strategies.backtest.reading.history import is_history, read_parquet
from strategies.backtest.reading.journal import read_journal
from strategies.backtest.reading.lobster import read_lobster
from strategies.backtest.reading.models import queue_model
from strategies.backtest.reading.pieces import Progress
from strategies.backtest.recording import Recording

FORMS = """\
  DIRECTORY                    the journal of a venue that is stopped; ?without=ACCOUNT,ACCOUNT leaves orders out
  FILE.parquet                 a recording that gpux wrote
  lobster:MESSAGES,BOOK        two files of LOBSTER
  FILE.npz?tick=0.1&lot=0.001  hftbacktest's events, order by order or levels
  FILE.dbn?tick=0.01           Databento's mbo, mbp-1, mbp-10 or trades, also .dbn.zst, .csv, .csv.gz, .parquet;
                               ?symbol=NAME chooses one of several, ?lot=100 counts in hundreds
Levels want a model of queues: ?queue=pessimistic, optimistic, proportional (if not said) or power:N, and ?seed=N."""

_LOBSTER = "lobster:"
_DATABENTO = (".dbn", ".dbn.zst", ".csv", ".csv.gz", ".csv.zst", ".parquet")
_OPTIONS = {"tick", "lot", "symbol", "queue", "seed", "without"}


def read(source: str, progress: Progress | None = None) -> Recording:
    """The recording that ``source`` names, in one of ``FORMS``.

    ``progress`` is told how many messages are done, and of how many. Raises BadSource, or another GpuxError.
    """
    where, _, asked = source.partition("?")
    options = _options(source, asked)
    if where.startswith(_LOBSTER):
        files = where.removeprefix(_LOBSTER).split(",")
        if len(files) != 2:
            raise BadSource(f"{source}: expected {_LOBSTER}MESSAGES,BOOK, found {len(files)} files")
        _only(source, options, set())
        return read_lobster(Path(files[0]), Path(files[1]), progress)
    path = Path(where)
    if path.is_dir():
        _only(source, options, {"without"})
        return read_journal(path, [name for name in options.get("without", "").split(",") if name], progress)
    if not path.is_file():
        raise BadSource(f"{source}: no such file or directory; a source is one of\n{FORMS}")
    if where.endswith(".parquet") and is_history(path):
        _only(source, options, set())
        return read_parquet(path)
    if where.endswith(".npz") or where.endswith(_DATABENTO):
        _only(source, options, _OPTIONS - {"without"})
        take = read_hftbacktest if where.endswith(".npz") else read_databento
        model = queue_model(options.get("queue", "proportional"), int(options.get("seed", "1")))
        return take(path, _tick(source, options), _lot(options), model, options.get("symbol", ""), progress)
    raise BadSource(f"{source}: unknown form; a source is one of\n{FORMS}")


def _options(source: str, asked: str) -> dict[str, str]:
    try:
        options = dict(parse_qsl(asked, strict_parsing=True, keep_blank_values=True)) if asked else {}
    except ValueError:
        raise BadSource(f"{source}: expected options such as ?tick=0.01&lot=1") from None
    if not options.get("seed", "1").isdecimal():
        raise BadSource(f"{source}: expected a whole number of 0 or more as seed, found {options['seed'][:40]!r}")
    return options


def _only(source: str, options: dict[str, str], known: set[str]) -> None:
    for name in options:
        if name not in known:
            here = ", ".join(sorted(known)) or "none"
            raise BadSource(f"{source}: unknown option {name!r}; here there are: {here}")


def _tick(source: str, options: dict[str, str]) -> Decimal:
    if "tick" not in options:
        raise BadSource(f"{source}: the file does not say what its price step is: add ?tick=0.01, or whatever it is")
    return size_of(options["tick"], "tick")


def _lot(options: dict[str, str]) -> Decimal:
    return size_of(options.get("lot", "1"), "lot")
