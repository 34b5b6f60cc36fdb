"""API keys: what they may do, from where and until when; their secrets, sealed; what they have signed."""

from exchange.keys.marks import FILE_NAME as SIGNED_FILE_NAME
from exchange.keys.marks import Marks
from exchange.keys.record import ApiKey, BadKey, BadKeyStore, Terms, UnknownKey
from exchange.keys.store import FILE_NAME, KeyStore

__all__ = [
    "FILE_NAME",
    "SIGNED_FILE_NAME",
    "ApiKey",
    "BadKey",
    "BadKeyStore",
    "KeyStore",
    "Marks",
    "Terms",
    "UnknownKey",
]
