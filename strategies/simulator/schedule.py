"""What happens next in virtual time: earliest first, and first in first out at the same instant."""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush

from exchange.domain.units import NEVER_NS
from strategies.base import Message


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message that reaches the venue, and the number of the desk that sent it."""

    desk: int
    message: Message


Job = Inbound | Callable[[], None]


class Schedule:
    def __init__(self, now_ns: int) -> None:
        self.now_ns = now_ns
        self.next_ns = NEVER_NS  # when the next job is due
        self._heap: list[tuple[int, int, Job]] = []
        self._count = 0

    def add(self, time_ns: int, job: Job) -> None:
        assert time_ns >= self.now_ns, "nothing can be scheduled for the past"
        self._count += 1
        heappush(self._heap, (time_ns, self._count, job))
        if time_ns < self.next_ns:
            self.next_ns = time_ns

    def take(self) -> list[Inbound] | Callable[[], None]:
        """The next job, and time moves to it; messages that arrive together are taken together."""
        heap = self._heap
        self.now_ns, _, job = heappop(heap)
        if not isinstance(job, Inbound):
            self.next_ns = heap[0][0] if heap else NEVER_NS
            return job
        batch = [job]
        while heap and heap[0][0] == self.now_ns:
            following = heap[0][2]
            if not isinstance(following, Inbound):
                break
            batch.append(following)
            heappop(heap)
        self.next_ns = heap[0][0] if heap else NEVER_NS
        return batch
