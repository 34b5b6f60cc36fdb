"""The client against a real exchange, and against one that misbehaves."""
