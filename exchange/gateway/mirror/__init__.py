"""The venue as the world may see it: the engine's state as of the last durable turn.

The engine runs ahead of the journal while a turn is being made durable, so nothing that is
said to a client is read from it. The mirror starts from the engine's views and from then on
follows events alone.
"""
