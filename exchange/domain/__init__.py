"""The vocabulary of the venue: what may be said, in which units, within which bounds."""
