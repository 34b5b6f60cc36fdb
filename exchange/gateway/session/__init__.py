"""The conversation with one client, without I/O: frames in, effects out, time as an argument."""
