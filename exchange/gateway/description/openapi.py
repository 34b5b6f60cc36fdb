"""The methods that are answered over HTTP, as OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from exchange.gateway.description.schemas import Schema, Schemas, failure, reply, request

_JSON = "application/json"
_SECURITY: Final[Schema] = {
    "token": {"type": "http", "scheme": "bearer", "description": "The access_token of public/auth."},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "deri-hmac-sha256, over timestamp, nonce, method, path and body; see docs/protocol.md.",
    },
}


def openapi(methods: Iterable[str], version: str) -> dict[str, Any]:
    """The document of these methods; ``version`` is that of the protocol.

    A method whose parameters are not all plain values cannot be asked with GET.
    """
    schemas = Schemas(methods)
    paths = {f"/api/v2/{method}": _path(schemas, method) for method in schemas.methods}
    envelope: Schema = {"oneOf": [_request(schemas, method) for method in schemas.methods]}
    results = {"anyOf": list({str(result): result for result in schemas.results.values()}.values())}
    whole = _operation("json_rpc", "Any of the methods, named in the body.", results, [])
    whole["requestBody"] = _body(envelope)
    paths["/api/v2"] = {"post": whole}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "gpux",
            "version": version,
            "summary": "An exchange for GPU-hours.",
            "description": "JSON-RPC 2.0 over HTTP. Prices are dollars per GPU-hour, amounts GPU-hours, timestamps "
            "milliseconds since 1970. docs/protocol.md says what each method does.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components,
            "responses": {
                "Refused": _response("The request was refused; the error says why and what to do.", schemas),
                "TooMany": _response("Too many requests; wait and send this again.", schemas),
                "NotNow": _response("The venue takes no requests now; come back after Retry-After.", schemas),
            },
            "securitySchemes": _SECURITY,
        },
    }


def _path(schemas: Schemas, method: str) -> Schema:
    summary = method.partition("/")[2].replace("_", " ")
    fields, needed = schemas.fields(method)
    security: list[Schema] = [{"token": []}, {"signature": []}] if method.startswith("private/") else []
    name = method.replace("/", "_")
    posted = _operation(f"post_{name}", summary, schemas.results[method], security)
    posted["requestBody"] = _body(_request(schemas, method))
    if not all(map(_plain, fields.values())):
        return {"post": posted}
    asked = _operation(f"get_{name}", summary, schemas.results[method], security)
    asked["parameters"] = [
        {"name": field, "in": "query", "required": field in needed, "schema": _without_null(schema)}
        for field, schema in fields.items()
        if field != "access_token" or security
    ]
    return {"get": asked, "post": posted}


def _operation(name: str, summary: str, result: Schema, security: list[Schema]) -> Schema:
    answers: Schema = {
        "200": {"description": "The result.", "content": {_JSON: {"schema": reply(result)}}},
        "400": {"$ref": "#/components/responses/Refused"},
        "429": {"$ref": "#/components/responses/TooMany"},
        "503": {"$ref": "#/components/responses/NotNow"},
    }
    return {"operationId": name, "summary": summary, "security": security, "responses": answers}


def _response(description: str, schemas: Schemas) -> Schema:
    return {"description": description, "content": {_JSON: {"schema": failure(schemas.error)}}}


def _body(schema: Schema) -> Schema:
    return {"required": True, "content": {_JSON: {"schema": schema}}}


def _request(schemas: Schemas, method: str) -> Schema:
    return request(method, schemas.params[method], bool(schemas.fields(method)[1]))


def _without_null(schema: Schema) -> Schema:
    """In a query string a parameter that is not wanted is left out."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf" and value is not None}
    if len(choices) == 1:
        return {**choices[0], **rest}
    return {**rest, "anyOf": choices} if choices else rest


def _plain(schema: Schema) -> bool:
    choices = schema.get("anyOf", [schema])
    return all("$ref" not in choice and choice.get("type") not in ("array", "object") for choice in choices)
