"""The frames of one client before anybody parses them: what the library lets pass is stopped here.

Sans-I/O. A frame must be masked, a message comes in few frames and in bounded time, and control
frames, which no credit pays for, are few. Sizes, reserved bits, opcodes and close codes are the
library's to judge; see docs/protocol.md for what comes of each.
"""

from __future__ import annotations

from typing import NamedTuple

PROTOCOL_ERROR = 1002
POLICY_VIOLATION = 1008
NOT_UTF8 = 1007
TOO_BIG = 1009

_FIN, _MASKED, _LENGTH, _OPCODE = 0x80, 0x80, 0x7F, 0x0F
_TEXT, _CONTROL, _CLOSE = 0x81, 8, 8
# What a control frame takes at most, with its header, and codes of a close that stand for its absence.
_SHORT = 132
_NEVER_SENT = frozenset({1004, 1005, 1006, 1015})
_MASK_BYTES = 4


class Violation(NamedTuple):
    """Why a connection is closed, and its WebSocket code."""

    code: int
    reason: str


class FrameGuard:
    """Walks over the headers of frames; payloads are skipped, however the chunks fall."""

    __slots__ = (
        "_controls", "_controls_max", "_fragments", "_fragments_max", "_head", "_in_message", "_messages",
        "_messages_then", "_skip", "_ticks", "_ticks_max",
    )  # fmt: skip

    def __init__(self, fragments_max: int, controls_max: int, ticks_max: int) -> None:
        """controls_max: of one tick; ticks_max: how many a message may take to arrive."""
        self._fragments_max = fragments_max
        self._controls_max = controls_max
        self._ticks_max = ticks_max
        # A header that is not whole yet, and how much of a payload is still to come.
        self._head = b""
        self._skip = 0
        self._in_message = False
        self._fragments = 0
        self._controls = 0
        self._messages = 0
        self._messages_then = 0
        self._ticks = 0

    def check(self, chunk: bytes) -> Violation | None:
        """Look at what came next. After a violation nothing more may be asked."""
        size = len(chunk)
        # Nearly always a chunk is one short request.
        if (
            size - 6 == chunk[1 if size > 1 else 0] - _MASKED < 126
            and size >= 6
            and chunk[0] == _TEXT
            and not (self._skip or self._head or self._in_message)
        ):
            self._messages += 1
            return None
        if self._head:
            chunk, self._head = self._head + chunk, b""
            size = len(chunk)
        at = self._skip
        while at < size:
            header_bytes = _header_bytes(chunk, at)
            if not header_bytes:
                self._head, at = chunk[at:], size
                break
            if chunk[at] & _OPCODE == _CLOSE:
                if size - at < header_bytes + _payload_bytes(chunk, at) < _SHORT:
                    self._head, at = chunk[at:], size
                    break
                if _close_code(chunk, at) in _NEVER_SENT:
                    return Violation(PROTOCOL_ERROR, "a close code that nobody may send")
            violation = self._judge(chunk[at], chunk[at + 1])
            if violation is not None:
                return violation
            at += header_bytes + _payload_bytes(chunk, at)
        self._skip = at - size
        return None

    def tick(self) -> Violation | None:
        """A tick of time is over."""
        self._controls = 0
        unfinished = bool(self._skip or self._head or self._in_message)
        self._ticks = self._ticks + 1 if unfinished and self._messages == self._messages_then else 0
        self._messages_then = self._messages
        if self._ticks > self._ticks_max:
            return Violation(POLICY_VIOLATION, "a message was begun and not finished; send it at once")
        return None

    def _judge(self, first: int, second: int) -> Violation | None:
        if not second & _MASKED:
            return Violation(PROTOCOL_ERROR, "a frame of a client must be masked")
        opcode, final = first & _OPCODE, bool(first & _FIN)
        if opcode >= _CONTROL:
            self._controls += 1
            if self._controls > self._controls_max:
                return Violation(POLICY_VIOLATION, "too many control frames; send fewer pings")
            return None
        if opcode and self._in_message:
            return Violation(PROTOCOL_ERROR, "a message was begun before the last one was finished")
        self._in_message = not final
        self._fragments = 0 if final else self._fragments + 1
        self._messages += final
        if self._fragments >= self._fragments_max:
            return Violation(TOO_BIG, f"a message of more than {self._fragments_max} frames; send it in one")
        return None


def _header_bytes(chunk: bytes, at: int) -> int:
    """How long the header at ``at`` is with its mask; 0 if its lengths are not all there yet."""
    if len(chunk) - at < 2:
        return 0
    extended = {126: 2, 127: 8}.get(chunk[at + 1] & _LENGTH, 0)
    return 2 + extended + _MASK_BYTES if len(chunk) - at >= 2 + extended else 0


def _payload_bytes(chunk: bytes, at: int) -> int:
    length = chunk[at + 1] & _LENGTH
    if length == 126:
        return int.from_bytes(chunk[at + 2 : at + 4])
    if length == 127:
        return int.from_bytes(chunk[at + 2 : at + 10])
    return length


def _close_code(chunk: bytes, at: int) -> int:
    """Of a whole close frame; 0 if it has none."""
    if _payload_bytes(chunk, at) < 2:
        return 0
    masked = zip(chunk[at + 6 : at + 8], chunk[at + 2 : at + 4], strict=False)
    return int.from_bytes(bytes(byte ^ mask for byte, mask in masked))


def is_utf8(text: bytes | bytearray) -> bool:
    """Whether a text frame is one; if not, its connection ends, as RFC 6455 has it."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True
