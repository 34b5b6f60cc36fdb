"""The WebSocket, as AsyncAPI 3: every method and its answer, every channel and what it tells."""

from __future__ import annotations

from typing import Any, Final

from exchange.gateway.description.schemas import Schema, Schemas, failure, reply, request
from exchange.wire.books import BookOrders, BookTop
from exchange.wire.channels import Stream
from exchange.wire.charts import ChartCandle
from exchange.wire.contracts import Delivery, Fixing, InstrumentState
from exchange.wire.indexes import SkuIndex
from exchange.wire.messages import BookChange, ForwardCurve, Quote, Ticker, Trade
from exchange.wire.platform import PlatformState, PublicMethodsState
from exchange.wire.private import NumberedSummary, OrderEvent, PrivateEvent, TradeEvent
from exchange.wire.requests import METHODS

_SOCKET: Final = "#/channels/socket"
# The forms of a channel's name, and what it tells; a tuple: one of them.
STREAMS: Final[dict[Stream, tuple[str, Any]]] = {
    Stream.BOOK: (r"^book\.[^.]+(\.[^.]+\.[0-9]+)?\.(raw|100ms|agg2|l3)$", (BookChange, BookTop, BookOrders)),
    Stream.TRADES: (r"^trades\.[^.]+(\.[^.]+)?\.(raw|100ms|agg2)$", list[Trade]),
    Stream.CHART: (r"^chart\.trades\.[^.]+\.[0-9A-Z]+$", ChartCandle),
    Stream.TICKER: (r"^ticker\.[^.]+\.(raw|100ms|agg2)$", Ticker),
    Stream.QUOTE: (r"^quote\.[^.]+$", Quote),
    Stream.FORWARD: (r"^forward\.[^.]+$", ForwardCurve),
    Stream.INDEX: (r"^index\.[^.]+$", SkuIndex),
    Stream.INSTRUMENT_STATE: (r"^instrument\.state\.[^.]+\.[^.]+$", InstrumentState),
    Stream.FIXING: (r"^fixing\.[^.]+(\.[^.]+)?$", Fixing),
    Stream.DELIVERY: (r"^delivery\.[^.]+(\.[^.]+)?$", Delivery),
    Stream.PLATFORM: (r"^platform_state(\.public_methods_state)?$", (PlatformState, PublicMethodsState)),
    Stream.USER_ORDERS: (r"^user\.orders\.[^.]+(\.[^.]+)?\.(raw|100ms|agg2)$", (OrderEvent, list[OrderEvent])),
    Stream.USER_TRADES: (r"^user\.trades\.[^.]+(\.[^.]+)?\.(raw|100ms|agg2)$", list[TradeEvent]),
    Stream.USER_EVENTS: (r"^user\.events\.raw$", list[PrivateEvent]),
    Stream.USER_PORTFOLIO: (r"^user\.portfolio\.[^.]+$", NumberedSummary),
}


def asyncapi(version: str) -> dict[str, Any]:
    """The document of all methods and channels; ``version`` is that of the protocol."""
    told = [(stream, kind) for stream, (_, data) in STREAMS.items() for kind in _choices(data)]
    schemas = Schemas(METHODS, [kind for _, kind in told])
    messages: dict[str, Schema] = {"error": _message("An answer that refuses.", failure(schemas.error))}
    operations: dict[str, Schema] = {}
    for method in schemas.methods:
        name = method.replace("/", "_")
        needed = bool(schemas.fields(method)[1])
        messages[name] = _message(method, request(method, schemas.params[method], needed))
        messages[f"{name}_result"] = _message(f"Answer to {method}.", reply(schemas.results[method]))
        answers = {"channel": {"$ref": _SOCKET}, "messages": _refs(f"{name}_result", "error")}
        operations[name] = {**_operation("receive", method, name), "reply": answers}
    for stream, (pattern, _) in STREAMS.items():
        name = stream.value.replace(".", "_")
        data = [schema for (of, _), schema in zip(told, schemas.others, strict=True) if of is stream]
        messages[name] = _message(f"Notification of {stream.value}.", _notification(pattern, data))
        operations[f"tell_{name}"] = _operation("send", f"A subscription to {stream.value} has news.", name)
    messages["heartbeat"] = _message("To be answered with public/test if it is a test_request.", _HEARTBEAT)
    operations["tell_heartbeat"] = _operation("send", "The heartbeat that was asked for.", "heartbeat")
    document = {
        "asyncapi": "3.0.0",
        "info": {
            "title": "gpux",
            "version": version,
            "description": "JSON-RPC 2.0 over a WebSocket; docs/protocol.md says what each method and channel does.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/ws/api/v2",
                "description": "One connection for requests, answers and notifications.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "operations": operations,
        "components": {"messages": messages, "schemas": schemas.components},
    }
    return {part: _in_draft_7(content) for part, content in document.items()}


_HEARTBEAT: Final[Schema] = {
    "type": "object",
    "properties": {
        "method": {"const": "heartbeat"},
        "params": {"type": "object", "properties": {"type": {"enum": ["heartbeat", "test_request"]}}},
        "jsonrpc": {"const": "2.0"},
    },
    "required": ["method", "params", "jsonrpc"],
}


def _notification(pattern: str, data: list[Schema]) -> Schema:
    told = {
        "type": "object",
        "properties": {
            "channel": {"type": "string", "pattern": pattern},
            "data": data[0] if len(data) == 1 else {"anyOf": data},
        },
        "required": ["channel", "data"],
    }
    properties = {"method": {"const": "subscription"}, "params": told, "jsonrpc": {"const": "2.0"}}
    return {"type": "object", "properties": properties, "required": ["method", "params", "jsonrpc"]}


def _operation(action: str, summary: str, message: str) -> Schema:
    return {"action": action, "channel": {"$ref": _SOCKET}, "summary": summary, "messages": _refs(message)}


def _refs(*messages: str) -> list[Schema]:
    return [{"$ref": f"{_SOCKET}/messages/{message}"} for message in messages]


def _message(summary: str, payload: Schema) -> Schema:
    return {"summary": summary, "payload": payload}


def _choices(data: Any) -> tuple[Any, ...]:
    return data if isinstance(data, tuple) else (data,)


def _in_draft_7(part: Any) -> Any:
    """The same in the draft of JSON Schema that AsyncAPI reads: tuples as it has them, and no OpenAPI discriminators.

    Kinds of messages are told apart by the tag that each of them requires.
    """
    if isinstance(part, list):
        return [_in_draft_7(item) for item in part]
    if not isinstance(part, dict):
        return part
    told = {key: _in_draft_7(value) for key, value in part.items() if key != "discriminator"}
    if "prefixItems" in told:
        told["additionalItems"] = told.get("items", True)
        told["items"] = told.pop("prefixItems")
    return told
