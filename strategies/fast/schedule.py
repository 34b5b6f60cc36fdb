"""What is due next: earliest first, and of two things at one time what was scheduled first."""

from exchange.domain.units import NEVER_NS
from exchange.jit import int64, kernel
from strategies.fast.memory import Memory, Reference

START_JOB, MESSAGE_JOB, NEWS_JOB, ALARM_JOB, NOTHING_JOB = range(5)


@kernel
def next_due(memory: Memory) -> tuple[int, int, int]:
    """(when, turn, job) of what is due first."""
    seat = memory.seat[0]
    due_ns, turn, job = int64(seat["start_ns"]), 0, START_JOB
    if due_ns == NEVER_NS:
        job = NOTHING_JOB
    arrived = int64(seat["arrived"])
    if arrived < int64(seat["messages"]):
        message = memory.messages[arrived]
        time_ns = int64(message["time_ns"]) + int64(seat["entry_ns"])
        if time_ns < due_ns or (time_ns == due_ns and int64(message["turn"]) < turn):
            due_ns, turn, job = time_ns, int64(message["turn"]), MESSAGE_JOB
    if int64(seat["heard"]) < int64(seat["news"]):
        news = memory.news[int64(seat["heard"])]
        time_ns = int64(news["time_ns"])
        if time_ns < due_ns or (time_ns == due_ns and int64(news["turn"]) < turn):
            due_ns, turn, job = time_ns, int64(news["turn"]), NEWS_JOB
    time_ns = int64(seat["alarm_ns"])
    if time_ns < due_ns or (time_ns == due_ns and int64(seat["alarm_turn"]) < turn):
        due_ns, turn, job = time_ns, int64(seat["alarm_turn"]), ALARM_JOB
    return due_ns, turn, job


@kernel
def set_alarm(memory: Memory) -> None:
    """Note when the timer wants to be called next."""
    seat = memory.seat[0]
    if int64(seat["alarm_ns"]) == NEVER_NS and int64(seat["next_timer_ns"]) != NEVER_NS:
        seat["turn"] += 1
        seat["alarm_turn"] = seat["turn"]
        seat["alarm_ns"] = max(int64(seat["next_timer_ns"]) - int64(seat["lag_ns"]), int64(seat["now_ns"]))


@kernel
def deadline_ns(state: Reference) -> int:
    """When the engine's next gate or expiry is due; NEVER_NS if there is none."""
    return int64(state.deadlines[0]["time_ns"]) if int64(state.header[0]["deadlines"]) != 0 else NEVER_NS
