"""What becomes of positions at the gate: who delivers to whom, and on which nodes (docs/nomination.md).

``netting`` pairs sellers with buyers, one hour at a time; ``nomination`` gives the nodes of each
provider to his buyers, over a run of hours. Both are pure functions of integers.
"""
