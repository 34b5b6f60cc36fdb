"""The web page: which files there are, at which addresses, of which type, under which policy."""

from collections.abc import Mapping
from typing import NamedTuple

_TYPES = {
    "css": "text/css",
    "html": "text/html",
    "ico": "image/x-icon",
    "js": "text/javascript",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
}
# The page runs its own scripts only and speaks to its own host only.
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self' ws: wss:; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Page(NamedTuple):
    body: bytes
    content_type: str


def pages(files: Mapping[str, bytes]) -> dict[str, Page]:
    """The pages by address; ``index.html`` is also ``/``. Files of other types are not shown."""
    shown = {
        f"/{name}": Page(body, _TYPES[suffix])
        for name, body in files.items()
        if (suffix := name.rpartition(".")[2]) in _TYPES
    }
    if "/index.html" in shown:
        shown["/"] = shown["/index.html"]
    return shown
