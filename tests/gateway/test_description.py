"""What the venue says of its own protocol is well-formed, complete, and true."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import hypothesis
import pytest
import schemathesis
from jsonschema import Draft7Validator
from msgspec import Raw
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from schemathesis import checks
from schemathesis.core.result import Ok

from exchange.config import DoorSettings, GatewaySettings
from exchange.gateway.description import asyncapi, openapi
from exchange.gateway.description.asyncapi import STREAMS
from exchange.gateway.description.schemas import Schemas, result_types
from exchange.gateway.session.permits import ANSWERED
from exchange.wire.channels import PRIVATE, Stream
from exchange.wire.requests import METHODS
from tests.gateway.venue import Caller, Venue, running

# Examples that schemathesis makes for each operation.
EXAMPLES = 6
_CHECKOUT = Path(__file__).resolve().parents[2]


def test_every_method_and_every_channel_says_what_comes_of_it() -> None:
    """A new one without a type for its answer fails here, and so does a type for one that is gone."""
    assert [method for method in METHODS if not _has_results(method)] == []
    assert STREAMS.keys() == set(Stream)


def _has_results(method: str) -> bool:
    try:
        # Bytes are no type that says anything.
        return Raw not in result_types(method)
    except KeyError:
        return False


@pytest.mark.parametrize("methods", [ANSWERED, METHODS.keys()])
def test_the_openapi_document_is_one(methods: frozenset[str]) -> None:
    """By the rules of the specification, for what is answered over HTTP and for all there could be."""
    document = openapi(methods, "1")
    validate(document)
    assert document["paths"].keys() == {"/api/v2", *(f"/api/v2/{method}" for method in methods)}


@pytest.fixture(scope="module")
def asyncapi_schema() -> Any:
    """What every AsyncAPI document has to be, as the authors of the specification publish it."""
    found = _CHECKOUT / ".venv-asyncapi" / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"
    if not found.is_file():
        pytest.skip("no schema of AsyncAPI: `make asyncapi`, which needs npm")
    return json.loads(found.read_text())


def test_the_asyncapi_document_is_one(asyncapi_schema: Any) -> None:
    """By the schema of the specification, which reads payloads as JSON Schema of draft 7."""
    assert [error.message for error in Draft7Validator(asyncapi_schema).iter_errors(asyncapi("1"))] == []


def test_the_asyncapi_document_holds_together() -> None:
    """Every reference leads somewhere, every method has a request, an answer and an operation, every channel news."""
    document = asyncapi("1")
    for reference in _references(document):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
    for method in METHODS:
        assert document["operations"][method.replace("/", "_")]["action"] == "receive"
    assert sum(operation["action"] == "send" for operation in document["operations"].values()) == len(Stream) + 1


async def test_what_a_venue_says_is_what_it_is_said_to_say(tmp_path: Path) -> None:
    """Requests, answers and notifications of a busy venue against the document that it serves, field by field."""
    async with running(tmp_path) as venue:
        async with aiohttp.ClientSession() as http, http.get(f"{venue.http}/asyncapi.json") as response:
            book = Book(await response.json())
        async with venue.caller(venue.alice) as alice, venue.caller(venue.bob) as bob:
            await _trade(venue, alice, bob, book)
        assert {"book", "ticker", "quote", "trades", "user_orders", "user_trades", "user_portfolio"} <= book.heard


class Book:
    """Validators of all messages, in which a field that is not described is an error."""

    def __init__(self, document: dict[str, Any]) -> None:
        resource: Resource[Any] = DRAFT7.create_resource(_closed(document))
        self._registry: Registry[Any] = Registry().with_resource("urn:book", resource).crawl()
        self.heard: set[str] = set()

    def check(self, name: str, message: Any) -> None:
        schema = {"$ref": f"urn:book#/components/messages/{name}/payload"}
        validator = Draft7Validator(schema, registry=self._registry)
        faults = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(message)]
        assert faults == [], (name, message)
        self.heard.add(name)

    async def ask(self, caller: Caller, method: str, **params: Any) -> None:
        self.check(method.replace("/", "_"), {"id": 1, "method": method, "params": params})
        self.check(f"{method.replace('/', '_')}_result", await caller.ask(method, **params))


async def _trade(venue: Venue, alice: Caller, bob: Caller, book: Book) -> None:
    symbol = venue.symbol
    streams = [stream for stream in STREAMS if stream not in (Stream.FORWARD, Stream.INDEX)]
    channels = [_channel(stream, symbol) for stream in streams]
    await book.ask(bob, "private/subscribe", channels=channels)
    order = {"instrument_name": symbol, "amount": 16, "price": 2.4}
    await book.ask(alice, "private/sell", **order, label="mine")
    await book.ask(bob, "private/buy", **order | {"amount": 8})
    placed = await alice.call("private/sell", **order)
    await book.ask(alice, "private/edit", order_id=placed["order"]["order_id"], amount=8)
    await book.ask(alice, "private/cancel", order_id=placed["order"]["order_id"])
    await book.ask(bob, "private/buy_any", pattern="H100SXM_US*", amount=8, price=1, client_order_id="any")
    for method in ("get_open_orders", "get_positions", "get_account_summary", "get_nominations"):
        await book.ask(alice, f"private/{method}")
    await book.ask(alice, "private/cancel_all")
    of_symbol = ("public/ticker", "public/get_instrument", "public/get_order_book", "private/get_position")
    trades = ("public/get_last_trades_by_instrument", "private/get_user_trades_by_instrument")
    for method in (*of_symbol, *trades):
        await book.ask(alice, method, instrument_name=symbol)
    for method in ("get_instruments", "get_currencies", "get_time", "status", "test", "get_fixings", "get_deliveries"):
        await book.ask(alice, f"public/{method}")
    book.check("error", await alice.ask("private/buy", **order | {"amount": 9}))
    book.check("error", await alice.ask("private/nothing"))
    for stream in (
        Stream.BOOK,
        Stream.CHART,
        Stream.PLATFORM,
        Stream.TICKER,
        Stream.QUOTE,
        Stream.TRADES,
        *sorted(PRIVATE, key=str),
    ):
        channel = _channel(stream, symbol)
        params = {"channel": channel, "data": await bob.heard(channel)}
        book.check(stream.value.replace(".", "_"), {"method": "subscription", "params": params, "jsonrpc": "2.0"})
    await bob.call("public/unsubscribe_all")


def _channel(stream: Stream, symbol: str) -> str:
    match stream:
        case Stream.BOOK | Stream.TRADES | Stream.TICKER:
            return f"{stream.value}.{symbol}.raw"
        case Stream.USER_ORDERS | Stream.USER_TRADES:
            return f"{stream.value}.any.any.raw"
        case Stream.INSTRUMENT_STATE | Stream.FIXING | Stream.DELIVERY:
            return f"{stream.value}.future.any"
        case Stream.CHART:
            return f"{stream.value}.{symbol}.1"
        case Stream.PLATFORM:
            return "platform_state"
        case Stream.USER_EVENTS:
            return f"{stream.value}.raw"
        case Stream.USER_PORTFOLIO:
            return f"{stream.value}.USD"
    return f"{stream.value}.{symbol}"


# What its HTTP library leaves to the garbage collector is not ours.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_no_request_that_the_document_allows_is_too_much(tmp_path: Path) -> None:
    """Schemathesis makes requests from the document: none is our fault, and every answer is as described."""
    async with running(
        tmp_path, GatewaySettings(rate_burst=10**6, door=DoorSettings(sockets_per_second=10**6))
    ) as venue:
        asked = await asyncio.to_thread(_ask_everything, venue.http)
        gc.collect()
    assert asked >= EXAMPLES * len(ANSWERED)


def _ask_everything(address: str) -> int:
    document = schemathesis.openapi.from_url(f"{address}/openapi.json")
    asked = 0
    for found in document.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy())
        def ask(case: schemathesis.Case[Any]) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(
                base_url=address,
                checks=[
                    checks.not_a_server_error,
                    checks.status_code_conformance,
                    checks.content_type_conformance,
                    checks.response_schema_conformance,
                ],
            )

        ask()
    return asked


def _closed(schema: Any) -> Any:
    """The same with no room for fields that are not described."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(part) for key, part in schema.items()}
    if "properties" in schema and schema.get("type") == "object":
        closed.setdefault("additionalProperties", False)
    return closed


def _references(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if isinstance(document.get("$ref"), str):
            yield document["$ref"]
        for part in document.values():
            yield from _references(part)
    elif isinstance(document, list):
        for part in document:
            yield from _references(part)


def test_schemas_of_an_unknown_method_are_an_error() -> None:
    """Nothing is described that cannot be asked."""
    with pytest.raises(KeyError):
        Schemas(["public/nothing"])
