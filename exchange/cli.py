"""The venue's commands: serve it, prove its journal, make its keys, operate it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from exchange.domain.errors import GpuxError
from exchange.domain.units import MICROS_PER_DOLLAR
from exchange.operating import operator_app
from exchange.terminal import EXIT_BROKEN, AsJson, end, err, out, print_json, progress, refusals

if TYPE_CHECKING:
    from exchange.keys import KeyStore

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
keys_app = typer.Typer(no_args_is_help=True, help="Make, revoke and list API keys.")
app.add_typer(keys_app, name="keys")
app.add_typer(operator_app, name="operator")

HypotheticalOrder = tuple[str, int, str]
KeysDirectory = Annotated[Path, typer.Option("--dir", help="The venue's directory.")]


@app.callback()
def venue() -> None:
    """An exchange for GPU-hours."""


@app.command()
def serve(
    directory: Annotated[Path | None, typer.Option("--dir", help="Where the journal, snapshots and keys live.")] = None,
    port: Annotated[int | None, typer.Option(help="Port for feed, HTTP and page; 0 takes a free one.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="PEM of the certificate and its chain.")] = None,
    tls_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Its key; with both, TLS is spoken only.")
    ] = None,
    settings_file: Annotated[Path | None, typer.Option("--settings", help="A TOML file of settings.")] = None,
    as_json: AsJson = False,
    stop_with_parent: Annotated[bool, typer.Option(help="Also stop when standard input ends.")] = False,
) -> None:
    """Run the exchange until Ctrl-C."""
    door = _given(tls_cert=tls_cert, tls_key=tls_key)
    overrides = _given(directory=directory, port=port, host=host, gateway={"door": door} if door else None)
    with refusals():
        # Late, because most of the tools that share this command need neither numbers nor settings.
        from exchange.config import load_settings

        settings = load_settings(settings_file, overrides)
        from exchange.logs import log_to_stderr

        log_to_stderr(settings.log_level)
        # Late, because Numba alone takes longer to import than the other commands take to run.
        import uvloop

        from exchange import jit

        what = "loading the engine" if jit.is_warm() else "compiling the engine, once: this takes up to a minute"
        with _Teller(as_json, what) as teller:
            from exchange.journal.writer import JournalWriteFailed
            from exchange.service import check_address
            from exchange.service import serve as serve_until_stopped

            check_address(settings.host, settings.port)
            try:
                uvloop.run(serve_until_stopped(settings, teller.tell, stop_with_parent))
            except JournalWriteFailed as error:
                end(str(error), EXIT_BROKEN)


@app.command()
def verify(directory: Annotated[Path, typer.Argument(help="The venue's directory.")]) -> None:
    """Check every frame of a journal, its chain, and each snapshot against a replay."""
    from exchange.logs import log_to_stderr

    log_to_stderr()
    with refusals():
        from exchange.journal import recovery
        from exchange.verdict import verdict

        with progress("verifying") as bar:
            found = recovery.verify(directory, progress=bar)
    out.print(verdict(found))
    if found.fault:
        end(f"{directory}: {found.fault}", EXIT_BROKEN)
    for check in found.snapshots:
        if check.fault:
            end(f"snapshot {check.path}: {check.fault}", EXIT_BROKEN)


@app.command()
def replay(directory: Annotated[Path, typer.Argument(help="The venue's directory.")], as_json: AsJson = False) -> None:
    """Rebuild the exchange from its first command and print where it stands."""
    from exchange.logs import log_to_stderr

    log_to_stderr()
    with refusals():
        from exchange.journal import recovery

        with _broken_at(directory), progress("replaying") as bar:
            engine = recovery.replay(directory, progress=bar)
    if as_json:
        print_json({"sequence": engine.sequence, "events": engine.events_total, "state_hash": engine.state_hash()})
    else:
        out.print(f"sequence {engine.sequence}\nstate hash {engine.state_hash()}")


@app.command()
def statement(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Whose; the venue's own is 'venue'.")],
    directory: Annotated[Path, typer.Option("--dir", help="The venue's directory.")],
    day: Annotated[str | None, typer.Option(help="A date in UTC; the journal's last if not said.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the entries to this file, too.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="Write the entries to this file, too.")] = None,
    hourly: Annotated[bool, typer.Option("--hourly", help="Show what was spent on each hour of delivery.")] = False,
) -> None:
    """Show what an account bought, sold, paid and was paid on a day, from the journal alone."""
    from exchange.logs import log_to_stderr

    log_to_stderr()
    with refusals():
        from exchange.statement import command
        from exchange.statement.hours import hours_of

        with _broken_at(directory), progress("replaying") as bar:
            stated = command.state(directory, account, day, bar)
        command.write(stated, csv, parquet)
        if hourly:
            command.show_hours(out, account, hours_of(stated))
        else:
            command.show(out, account, stated)


@app.command()
def index(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="Such as H100SXM.")],
    directory: Annotated[Path, typer.Option("--dir", help="The venue's directory.")],
    day: Annotated[str | None, typer.Option(help="A date of delivery in UTC; the journal's last if not said.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compute the daily index of a SKU from the journal alone, and show what it is made from."""
    from exchange.logs import log_to_stderr

    log_to_stderr()
    with refusals():
        from exchange.domain.catalogue import CATALOGUE
        from exchange.domain.dates import parse_day
        from exchange.journal import recovery
        from exchange.recompute import Fixings, show

        wanted = None if day is None else parse_day(day)
        fixings = Fixings(CATALOGUE.sku(sku))
        with _broken_at(directory), progress("replaying") as bar:
            recovery.replay(directory, progress=bar, hear=fixings.hear)
        show(out, fixings.index(wanted), as_json)


@app.command()
def margin(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="An account on margin.")],
    directory: Annotated[Path, typer.Option("--dir", help="The venue's directory.")],
    buy: Annotated[HypotheticalOrder | None, typer.Option(help="CONTRACT LOTS PRICE, as if it were sent.")] = None,
    sell: Annotated[HypotheticalOrder | None, typer.Option(help="The same for a sale.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show what an account on margin must keep, and what orders would change about that, from the journal alone."""
    from exchange.logs import log_to_stderr

    log_to_stderr()
    with refusals():
        from exchange.clearing.preview import find_account, preview, read_order
        from exchange.domain.enums import Side
        from exchange.journal import recovery

        with _broken_at(directory), progress("replaying") as bar:
            engine = recovery.replay(directory, progress=bar)
        number = find_account(engine, account)
        wanted = [(Side.BUY, buy), (Side.SELL, sell)]
        asked = [read_order(engine, side, *order) for side, order in wanted if order is not None]
        found = preview(engine, number, asked)
    if as_json:
        print_json(found._asdict())
        return
    table = Table("$", "required", "free", title=account)
    rows = {"now": (found.required, found.free)}
    if asked:
        rows["with these orders open"] = (found.required_open, found.free_open)
        rows["with all of them traded"] = (found.required_filled, found.free_filled)
    for what, micros in rows.items():
        table.add_row(what, *(f"{amount / MICROS_PER_DOLLAR:,.2f}" for amount in micros))
    out.print(table)


@app.command()
def score(
    directory: Annotated[Path, typer.Option("--dir", help="The venue's directory.")],
    spread_bps: Annotated[int, typer.Option(min=0, help="How far apart a maker's bid and ask may be.")] = 300,
    lots: Annotated[int, typer.Option(min=1, help="What must stand on each side.")] = 1,
) -> None:
    """Show who traded how much, and for how long each account kept its markets two-sided."""
    from exchange.logs import log_to_stderr

    log_to_stderr()
    with refusals():
        from exchange.clearing.obligation import Obligation
        from exchange.clearing.score import Sheet
        from exchange.journal import recovery

        sheet = Sheet(Obligation(spread_bps, lots))
        with _broken_at(directory), progress("replaying") as bar:
            engine = recovery.replay(directory, progress=bar, hear=sheet.hear)
    table = Table("account", title=f"two-sided within {spread_bps / 100:g}% for {lots} lots or more")
    for heading in ("share of time", "volume $", "as maker $"):
        table.add_column(heading, justify="right")
    for line in sheet.lines(engine, []):
        volumes = (f"{micros / MICROS_PER_DOLLAR:,.2f}" for micros in (line.volume_micros, line.maker_volume_micros))
        table.add_row(line.name, f"{line.score.share:.1%}", *volumes)
    out.print(table)


@keys_app.command("create")
def create_key(
    account: Annotated[str, typer.Argument(metavar="NAME", help="The account to trade for; opened if it is new.")],
    directory: KeysDirectory,
    scope: Annotated[list[str] | None, typer.Option(help="read, trade, quote, provider, or operator alone.")] = None,
    ip: Annotated[list[str] | None, typer.Option(help="An address or network it may be used from.")] = None,
    expires: Annotated[str | None, typer.Option(help="30d, 12h, or a date in UTC.")] = None,
    ed25519: Annotated[str | None, typer.Option(help="A public key, or a file of PEM; no secret is made.")] = None,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    strict_nonce: Annotated[bool, typer.Option("--strict-nonce", help="Nonces are integers that only rise.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its secret is shown now and never again."""
    from exchange.keys.asked import read_terms

    with refusals(), _open_keys(directory, new=True) as keys:
        terms = read_terms(scope or [], ip or [], expires, ed25519, label, strict_nonce, time.time_ns())
        key = keys.create(account, terms)
    made = {"client_id": key.client_id, "client_secret": key.client_secret, "account": key.account}
    if key.public_key:
        del made["client_secret"]
    if as_json:
        print_json(made)
    else:
        for name, value in made.items():
            out.print(f"{name} {value}")


@keys_app.command("revoke")
def revoke_key(client_id: Annotated[str, typer.Argument()], directory: KeysDirectory) -> None:
    """Make a key useless, at once and for ever."""
    with refusals(), _open_keys(directory, new=False) as keys:
        keys.revoke(client_id)
    out.print(f"revoked {client_id}")


@keys_app.command("adopt")
def adopt_account(
    main: Annotated[str, typer.Argument(metavar="MAIN", help="The main account.")],
    sub: Annotated[str, typer.Argument(metavar="SUB", help="What becomes its sub-account.")],
    directory: KeysDirectory,
) -> None:
    """Make one account the sub-account of another, for ever."""
    with refusals(), _open_keys(directory, new=True) as keys:
        keys.adopt(main, sub)
    out.print(f"{sub} is a sub-account of {main}; make a key for it with `gpux keys create {sub}`")


@keys_app.command("list")
def list_keys(directory: KeysDirectory, as_json: AsJson = False) -> None:
    """Show the keys there are, without their secrets."""
    from exchange.keys.asked import shown

    with refusals(), _open_keys(directory, new=False) as keys:
        found = [shown(key) for key in keys.all()]
    if as_json:
        print_json(found)
        return
    table = Table("client id", "account", "scopes", "kind", "from", "expires", "label", "revoked")
    for key in found:
        words = [" ".join(key[name]) for name in ("scopes", "ip")]
        ending = (key["expires"] or "", escape(key["label"]), "revoked" if key["revoked"] else "")
        table.add_row(key["client_id"], key["account"], words[0], key["kind"], words[1], *ending)
    out.print(table)


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


class _Teller:
    """Says what the venue does: JSON lines for programs, sentences for people."""

    def __init__(self, as_json: bool, starting: str) -> None:
        self._as_json = as_json
        self._starting = f"gpux: {starting} ..."
        self._status = err.status(self._starting) if err.is_terminal and not as_json else nullcontext()

    def __enter__(self) -> _Teller:
        if self._as_json:
            self.tell("compiling", {})
        elif not err.is_terminal:
            err.print(self._starting)
        self._status.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.__exit__(None, None, None)

    def tell(self, event: str, particulars: dict[str, Any]) -> None:
        if self._as_json:
            print_json({"event": event, **particulars})
            return
        self._status.__exit__(None, None, None)
        if event == "ready":
            address = f"{particulars['host']}:{particulars['port']}"
            web, socket = ("https", "wss") if particulars["tls"] else ("http", "ws")
            err.print(f"gpux: serving {web}://{address}/ and {socket}://{address}/ws/api/v2", end="; ")
            err.print(f"sequence {particulars['sequence']}; Ctrl-C stops")
        else:
            err.print(f"gpux: stopped at sequence {particulars['sequence']}, state hash {particulars['state_hash']}")


@contextmanager
def _broken_at(directory: Path) -> Iterator[None]:
    """A journal that is not exactly what was written is another kind of failure than one that is not there."""
    from exchange.journal.format import CorruptJournal

    try:
        yield
    except CorruptJournal as error:
        end(f"{directory}: {error}", EXIT_BROKEN)


def _open_keys(directory: Path, new: bool) -> KeyStore:
    from exchange.keys import FILE_NAME, KeyStore

    file = directory / FILE_NAME
    if new:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GpuxError(f"directory {directory} cannot be made: {error}") from error
    elif not file.is_file():
        raise GpuxError(f"directory {directory} holds no keys: {FILE_NAME} is not there")
    return KeyStore(file)
