"""WebSocket framing of text that a server sends, so that one frame's bytes serve every listener."""

import struct

_TEXT = 0x81  # FIN and opcode 1; a server does not mask.
_SHORT = struct.Struct("!BB").pack
_MEDIUM = struct.Struct("!BBH").pack
_LONG = struct.Struct("!BBQ").pack


_CLOSE = 0x88


def close_frame(code: int, reason: str) -> bytes:
    """The last frame there is; as much of ``reason`` as one may carry."""
    payload = code.to_bytes(2) + reason.encode()[:123]
    return _SHORT(_CLOSE, len(payload)) + payload


def text_frame(text: bytes) -> bytes:
    """``text``, which is UTF-8, as one whole WebSocket frame."""
    length = len(text)
    if length < 126:
        return _SHORT(_TEXT, length) + text
    if length < 2**16:
        return _MEDIUM(_TEXT, 126, length) + text
    return _LONG(_TEXT, 127, length) + text
