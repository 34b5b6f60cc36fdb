"""``gpux operator``: what the operator's plane can do, as commands."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from exchange.plane import Plane, PlaneError, find_key
from exchange.terminal import AsJson, out, print_json, refusals

DEFAULT_URL = "http://127.0.0.1:8701"
SECRET_VARIABLE = "GPUX_SECRET"

operator_app = typer.Typer(
    no_args_is_help=True, help="Operate a running venue: look, list, halt, kill, limit and disconnect."
)

Target = Annotated[str, typer.Argument(metavar="WHAT", help="An instrument, a SKU_REGION such as H100SXM_USE, or all.")]
KillTarget = Annotated[
    str | None,
    typer.Argument(metavar="[WHAT]", help="venue, entry (open orders stay), an instrument or a SKU_REGION."),
]
Account = Annotated[str | None, typer.Option(help="One account, in place of WHAT.")]


@operator_app.callback()
def operator(
    context: typer.Context,
    url: Annotated[str, typer.Option(envvar="GPUX_OPERATOR_URL", help="Where the plane listens.")] = DEFAULT_URL,
    key: Annotated[str | None, typer.Option(metavar="ID", envvar="GPUX_KEY", help="The key's client_id.")] = None,
    secret_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help=f"The key's secret; without it ${SECRET_VARIABLE}.")
    ] = None,
) -> None:
    """Operate a running venue: look, list, halt, kill, limit and disconnect."""
    context.obj = (url, key, secret_file)


@operator_app.command()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Show where the journal stands, what is stopped and who is connected."""
    found = _ask(context, "operator/status")
    if as_json:
        print_json(found)
        return
    out.print(f"sequence {found['sequence']}, {found['events']} events, {found['instruments']} instruments")
    out.print(f"stopped: {', '.join(found['stopped']) or 'none'}")
    out.print(f"connections: {len(found['connections'])} with a key, {found['without_key']} without")
    if found["connections"]:
        table = Table("client id", "account", "address")
        for each in found["connections"]:
            table.add_row(*(escape(each[name]) for name in ("client_id", "account", "address")))
        out.print(table)


@operator_app.command("list")
def list_hour(
    context: typer.Context,
    instrument: Annotated[str, typer.Argument(metavar="INSTRUMENT", help="Such as H100SXM_USE_H14-1DEC26.")],
    as_json: AsJson = False,
) -> None:
    """List an hour for trading, also of a SKU or region that the settings do not have."""
    _do(context, as_json, "operator/list", instrument_name=instrument)


@operator_app.command()
def halt(context: typer.Context, what: Target, as_json: AsJson = False) -> None:
    """Take neither orders nor cancels."""
    _do(context, as_json, "operator/halt", **_markets(what))


@operator_app.command()
def cancel_only(context: typer.Context, what: Target, as_json: AsJson = False) -> None:
    """Take cancels only."""
    _do(context, as_json, "operator/cancel_only", **_markets(what))


@operator_app.command()
def resume(context: typer.Context, what: Target, as_json: AsJson = False) -> None:
    """Trade again where trading was stopped."""
    _do(context, as_json, "operator/resume", **_markets(what))


@operator_app.command()
def kill(context: typer.Context, what: KillTarget = None, account: Account = None, as_json: AsJson = False) -> None:
    """Let nothing more in, and cancel what is open."""
    with refusals():
        level = _level(what, account)
    _do(context, as_json, "operator/kill", **level)


@operator_app.command()
def revive(context: typer.Context, what: KillTarget = None, account: Account = None, as_json: AsJson = False) -> None:
    """Take back a kill; no order comes back."""
    with refusals():
        level = _level(what, account)
    _do(context, as_json, "operator/revive", **level)


@operator_app.command()
def limits(
    context: typer.Context,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT")],
    scope: Annotated[str, typer.Option(help="account, sku_region, or instrument (any single one).")] = "account",
    sku_region: Annotated[str | None, typer.Option(help="Which, with --scope sku_region.")] = None,
    position_max: Annotated[int | None, typer.Option(help="Lots.")] = None,
    orders_max: Annotated[int | None, typer.Option(help="Open orders.")] = None,
    order_lots_max: Annotated[int | None, typer.Option(help="Lots of one order.")] = None,
    price_bps: Annotated[int | None, typer.Option(help="How far from the reference.")] = None,
    rate_interval_ms: Annotated[int | None, typer.Option(help="One order each so long.")] = None,
    rate_burst: Annotated[int | None, typer.Option(help="So many at once.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set all limits of one scope of an account at once: what is not said is without limit from then on."""
    numbers = {
        "position_max": position_max,
        "orders_max": orders_max,
        "order_lots_max": order_lots_max,
        "price_bps": price_bps,
        "rate_interval_ms": rate_interval_ms,
        "rate_burst": rate_burst,
    }
    wanted = {name: number for name, number in numbers.items() if number is not None}
    with refusals():
        if not wanted:
            raise PlaneError("say at least one limit; one of 0, such as --orders-max 0, takes all of the scope away")
    where = {} if sku_region is None else {"sku_region": sku_region}
    _do(context, as_json, "operator/set_limits", account=account, scope=scope, **where, **wanted)


@operator_app.command()
def disconnect(
    context: typer.Context,
    account: Annotated[str | None, typer.Option(help="All connections of an account.")] = None,
    client_id: Annotated[str | None, typer.Option(help="All connections of a key.")] = None,
    as_json: AsJson = False,
) -> None:
    """Close connections; revoke the key so that they stay away."""
    named = {"account": account, "client_id": client_id}
    _do(context, as_json, "operator/disconnect", **{name: value for name, value in named.items() if value})


def _markets(what: str) -> dict[str, Any]:
    """The parameters that select markets: only names of instruments have a hyphen or a colon."""
    if what == "all":
        return {"all": True}
    return {"instrument_name" if "-" in what or ":" in what else "sku_region": what}


def _level(what: str | None, account: str | None) -> dict[str, Any]:
    if (what is None) == (account is None):
        raise PlaneError("say WHAT (venue, entry, an instrument or a SKU_REGION) or --account, one of the two")
    if account is not None:
        return {"level": "account", "account": account}
    if what in ("all", "entry", "venue"):
        return {"level": "entry" if what == "entry" else "venue"}
    markets = _markets(str(what))
    return {"level": "instrument" if "instrument_name" in markets else "sku_region", **markets}


def _do(context: typer.Context, as_json: bool, method: str, **params: Any) -> None:
    """Ask, and say what it came to, which is durable by then."""
    done = _ask(context, method, **params)
    if as_json:
        print_json(done)
    else:
        counts = ", ".join(f"{count} {what}" for what, count in done.items())
        out.print(f"{method.removeprefix('operator/')}: {counts}")


def _ask(context: typer.Context, method: str, **params: Any) -> Any:
    url, client_id, secret_file = context.obj
    with refusals():
        key = find_key(client_id, secret_file, os.environ.get(SECRET_VARIABLE, ""))
        return Plane(url.rstrip("/"), key).ask(method, params)
