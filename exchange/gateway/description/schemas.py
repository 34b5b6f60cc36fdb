"""JSON schemas of requests, answers and notifications, by the types that the codec reads and writes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args, get_type_hints

import msgspec

from exchange.gateway.session.reading import PRIVATE, PUBLIC
from exchange.gateway.session.reading.recalling import Past
from exchange.wire.messages import ErrorBody
from exchange.wire.requests import METHODS
from exchange.wire.results import RESULTS

Schema = dict[str, Any]
_REF = "#/components/schemas/{name}"
_DECIMAL = {"type": "string", "format": "decimal"}
# A number, or the same as text where a client would lose digits.
_AMOUNT = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^-?[0-9]{1,18}(\.[0-9]{1,9})?$"}]}
REQUEST_ID: Schema = {
    "anyOf": [
        {"type": "integer", "minimum": -(2**53), "maximum": 2**53},
        {"type": "string", "maxLength": 256},
        {"type": "null"},
    ]
}
_TIMES: Schema = {
    "usIn": {"type": "integer", "description": "Microseconds since 1970: the request arrived."},
    "usOut": {"type": "integer", "description": "The answer left."},
    "usDiff": {"type": "integer"},
    "testnet": {"type": "boolean"},
    "jsonrpc": {"const": "2.0"},
}


def result_types(method: str) -> tuple[Any, ...]:
    """What a method may answer. Raises KeyError if nothing says it."""
    stated = RESULTS.get(method)
    if stated is None:
        reader = PUBLIC.get(method) or PRIVATE[method]
        stated = get_type_hints(reader)["return"]
        if Past in get_args(stated):  # what the archive says is told in the same words
            stated = tuple(kind for kind in get_args(stated) if kind is not Past)
    return stated if isinstance(stated, tuple) else (stated,)


class Schemas:
    """Of these methods, and of other types that are talked about."""

    def __init__(self, methods: Iterable[str], others: Iterable[Any] = ()) -> None:
        self.methods = sorted(methods)
        params = [METHODS[method] for method in self.methods]
        results = [kind for method in self.methods for kind in result_types(method)]
        kinds = [*params, *results, *others, ErrorBody]
        found, components = msgspec.json.schema_components(kinds, ref_template=_REF)
        self.components: Schema = _rewritten(components)
        of_kinds = [_rewritten(schema) for schema in found]
        self.params = dict(zip(self.methods, of_kinds, strict=False))
        rest = iter(of_kinds[len(params) :])
        self.results = {method: _any_of([next(rest) for _ in result_types(method)]) for method in self.methods}
        self.others = [next(rest) for _ in others]
        self.error = next(rest)

    def fields(self, method: str) -> tuple[Schema, list[str]]:
        """The parameters of a method by name, and which of them are needed."""
        schema = self.components[self.params[method]["$ref"].rpartition("/")[2]]
        return schema["properties"], schema.get("required", [])


def request(method: str, params: Schema, needed: bool) -> Schema:
    """A JSON-RPC request. ``needed``: whether it has to have parameters."""
    properties = {
        "jsonrpc": {"const": "2.0"},
        "id": REQUEST_ID,
        "method": {"const": method},
        "params": params,
    }
    required = ["method", "params"] if needed else ["method"]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def reply(result: Schema) -> Schema:
    return _answer("result", result)


def failure(error: Schema) -> Schema:
    return _answer("error", error)


def _answer(name: str, content: Schema) -> Schema:
    # Over HTTP a question of a query string has no id, so neither has its answer.
    required = [name, *_TIMES]
    return {"type": "object", "properties": {"id": REQUEST_ID, name: content, **_TIMES}, "required": required}


def _any_of(schemas: list[Schema]) -> Schema:
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _rewritten(schema: Any) -> Any:
    if schema == _DECIMAL:
        return _AMOUNT
    if isinstance(schema, dict):
        return {key: _rewritten(value) for key, value in schema.items()}
    return [_rewritten(value) for value in schema] if isinstance(schema, list | tuple) else schema
