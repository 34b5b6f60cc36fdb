"""The market's rules a second time, in plain Python, slow and readable: what the kernel must agree with.

It shares no code with the engine beyond the vocabulary of ``exchange.domain``, so an error in the
kernel and the same error here would have to be made twice. Python's integers do not overflow,
which is half of the point.
"""
