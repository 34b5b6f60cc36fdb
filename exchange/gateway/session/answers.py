"""What a request is answered, as a frame."""

from __future__ import annotations

from exchange.gateway.session.effects import Origin, Recall, Send
from exchange.gateway.session.reading.recalling import Past
from exchange.tally import DoorTally
from exchange.wire import codec
from exchange.wire.codec import RequestId
from exchange.wire.refusals import Refusal

_US = 1000


def reply(request_id: RequestId, answer: object, received_ns: int, now_ns: int) -> Send:
    return Send(codec.encode_result(request_id, answer, received_ns // _US, now_ns // _US))


def failure(tally: DoorTally, request_id: RequestId, refusal: Refusal, received_ns: int, now_ns: int) -> Send:
    """Refusals are counted."""
    tally.refusals[refusal.code] += 1
    return Send(codec.encode_refusal(request_id, refusal, received_ns // _US, now_ns // _US), refusal.code)


def tell(tally: DoorTally, origin: Origin, answer: object, now_ns: int) -> Send | Recall:
    """What a request came to: an answer, the Refusal of it, or the Past that has it."""
    received_ns = origin.received_us * _US
    if isinstance(answer, Refusal):
        return failure(tally, origin.request_id, answer, received_ns, now_ns)
    if isinstance(answer, Past):
        return Recall(answer, origin)
    return reply(origin.request_id, answer, received_ns, now_ns)
