"""The protocol in the words of OpenAPI and AsyncAPI, made from the types that the wire is made of."""

from exchange.gateway.description.asyncapi import asyncapi
from exchange.gateway.description.openapi import openapi

__all__ = ["asyncapi", "openapi"]
