"""What follows from trading: who delivers to whom and on which nodes, indices, fees, and who kept the market two-sided.

``netting`` pairs sellers with buyers, one hour at a time, and ``nomination`` gives the nodes of each provider to his
buyers, over a run of hours (docs/nomination.md). ``index_price``, ``fees``, ``obligation`` and ``score`` stand alone.
"""
