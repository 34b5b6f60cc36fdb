"""The durable log: every command, in order, once; and the way back from it to a living engine."""
