"""Why the compiled loop stopped, and what Python has to do before it goes on."""

DONE, NEEDS_ROWS, NEEDS_ROOM, NEEDS_MESSAGES, NEEDS_FILLS, NEEDS_NEWS, DEADLINE, BAD_WANT, STUCK = range(9)
