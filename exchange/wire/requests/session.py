"""Of the connection itself: who it is, what it hears, whether it lives."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from exchange.wire.requests.common import CHANNELS_PER_REQUEST, Label, Nothing, Params


class Hello(Params, frozen=True, kw_only=True):
    client_name: Annotated[str, Meta(max_length=128)]
    client_version: Annotated[str, Meta(max_length=64)]


class Test(Params, frozen=True, kw_only=True):
    expected_result: Literal["exception", ""] = ""


class SetHeartbeat(Params, frozen=True, kw_only=True):
    interval: Annotated[int, Meta(ge=10, le=3600)]


class Auth(Params, frozen=True, kw_only=True):
    grant_type: Literal["client_signature", "client_credentials", "refresh_token"]
    client_id: Annotated[str, Meta(max_length=64)] = ""
    client_secret: Annotated[str, Meta(max_length=256)] = ""
    refresh_token: Annotated[str, Meta(max_length=512)] = ""
    timestamp: Annotated[int, Meta(ge=0, le=10**14)] = 0
    signature: Annotated[str, Meta(max_length=128)] = ""
    nonce: Annotated[str, Meta(max_length=64)] = ""
    data: Annotated[str, Meta(max_length=1024)] = ""
    state: Annotated[str, Meta(max_length=128)] | UnsetType = UNSET
    scope: Annotated[str, Meta(max_length=256)] = ""


class Channels(Params, frozen=True, kw_only=True):
    channels: Annotated[list[Annotated[str, Meta(max_length=128)]], Meta(min_length=1, max_length=CHANNELS_PER_REQUEST)]
    label: Label = ""
    scope: Annotated[str, Meta(max_length=256)] = ""


METHODS: dict[str, type[Params]] = {
    "public/auth": Auth,
    "public/disable_heartbeat": Nothing,
    "public/hello": Hello,
    "public/set_heartbeat": SetHeartbeat,
    "public/subscribe": Channels,
    "public/test": Test,
    "public/unsubscribe": Channels,
    "public/unsubscribe_all": Nothing,
    "private/logout": Nothing,
    "private/subscribe": Channels,
    "private/unsubscribe": Channels,
    "private/unsubscribe_all": Nothing,
}
