"""Recorded markets on the live engine: readers of their formats, and the replay."""
