"""Memory layout of what accounts are, hold and owe. See ``state`` for what all arenas have in common."""

import numpy as np

from exchange.domain.units import SCENARIOS

ACCOUNT = np.dtype(
    [
        ("cash", "<i8"),  # micro-dollars
        ("reserved", "<i8"),  # of the cash, for open buys and the bond
        ("maker_fee_bps", "<i4"),
        ("taker_fee_bps", "<i4"),
        ("reserve_bps", "<i4"),  # the larger fee
        ("group", "<i4"),  # accounts of one group do not trade with each other; 0 = alone
        ("oldest", "<u4"),  # its open orders, in the order they were accepted
        ("newest", "<u4"),
        ("orders", "<i4"),
        ("rules", "<i4"),  # which of the rules below apply
        ("rate_due_ns", "<i8"),  # theoretical arrival time of the next order
        ("rate_interval_ns", "<i8"),
        ("rate_burst", "<i4"),
        ("order_lots_max", "<i4"),
        ("price_bps", "<i4"),
        ("orders_max", "<i4"),  # in one contract
        ("position_max", "<i8"),  # in one contract
        ("window_ns", "<i8"),  # market-maker protection
        ("window_start_ns", "<i8"),
        ("window_lots", "<i8"),
        ("window_delta", "<i8"),
        ("protect_delta", "<i8"),
        ("protect_lots", "<i4"),
        ("total", "<u4"),  # the pool of everything it holds
        ("pools", "<u4"),  # its other pools
        ("next_frozen", "<u4"),
        ("text_0", "<i8"),
        ("text_1", "<i8"),
        ("text_2", "<i8"),
        ("text_3", "<i8"),
        ("bond", "<i8"),  # of the reserved, pledged for deliveries
        ("margin", "<u4"),  # its row of MARGIN, 0 if it never had terms
        ("reserved_2", "<i4"),
        ("padding", "<i8", (8,)),  # to a size that is found without multiplying
    ],
    align=True,
)
LIMITED = 1  # ACCOUNT rules
DISABLED = 2
PROTECTED = 4
FROZEN = 8
ON_MARGIN = 16
CALLED = 32  # a margin call is out

POSITION = np.dtype(
    [
        ("account", "<u4"),
        ("contract", "<u4"),
        ("lots", "<i8"),  # bought less sold
        ("capacity_lots", "<i8"),  # how far lots may go below zero
        ("open_buy_lots", "<i8"),
        ("open_sell_lots", "<i8"),
        ("cost_micros", "<i8"),  # paid for buys less received for sells, fees apart; stops at +-TOTAL_MAX
        ("orders", "<i4"),
        ("pool", "<u4"),  # the limited pool it counts in
        ("quotes", "<u4"),  # its row of quotes
        ("is_pooled", "<i4"),  # POOLED if it counts in a pool or a total; IN_LEGS; MARGINED
    ],
    align=True,
)

POOLED = 1
IN_LEGS = 2  # of a strip: what is open counts in the positions of the legs, which is where it would be delivered
MARGINED = 4  # counts in the margin of its account

# The positions of an account that are limited together, in GPU-hours.
POOL = np.dtype(
    [
        ("account", "<i4"),
        ("sku", "<i4"),  # -1: all of them
        ("region", "<i4"),
        ("next", "<u4"),  # of the same account
        ("lots", "<i8"),
        ("open_buy_lots", "<i8"),
        ("open_sell_lots", "<i8"),
        ("orders", "<i8"),
        ("position_max", "<i8"),
        ("orders_max", "<i8"),
    ],
    align=True,
)

# A client id that was used, for ever: a command is applied at most once.
CLIENT_ID = np.dtype(
    [
        ("text_0", "<i8"),
        ("text_1", "<i8"),
        ("text_2", "<i8"),
        ("text_3", "<i8"),
        ("order_id", "<i8"),
        ("account", "<i4"),
        ("contract", "<i4"),
    ],
    align=True,
)

# A node of a seller that serves a buyer in a contract.
NOMINATION = np.dtype(
    [
        ("text_0", "<i8"),  # the node
        ("text_1", "<i8"),
        ("text_2", "<i8"),
        ("text_3", "<i8"),
        ("contract", "<u4"),
        ("seller", "<u4"),
        ("buyer", "<u4"),
        ("next", "<u4"),  # of the same contract
        ("minutes", "<i4"),  # delivered of an hour, -1 until they are attested
        ("compensated", "<i4"),  # of the minutes that were not
        ("reserved", "<i8"),
    ],
    align=True,
)

# Terms on which an account may be short beyond its capacity. Its requirements are in rows 32 * margin .. of the array
# of that name: in each scenario with its open orders, then in each of its positions alone.
MARGIN = np.dtype(
    [
        ("account", "<u4"),
        ("next_touched", "<u4"),  # of the queue of those to look at, by account
        ("gross", "<i8"),  # the dearest that all it holds and asks for could be
        ("credit_bps", "<i4"),  # how much of a lot that it holds counts
        ("is_touched", "<i4"),
        ("reserved", "<i8"),
    ],
    align=True,
)
REQUIREMENTS_EACH = 2 * SCENARIOS

# The same row as POSITION: what of it is in the sums of its account. All 0 without terms.
EXPOSURE = np.dtype(
    [
        ("short_lots", "<i8"),  # beyond capacity
        ("long_lots", "<i8"),
        ("credited_lots", "<i8"),  # held, and not for sale
        ("excess_lots", "<i8"),  # for sale beyond lots and capacity
        ("gross_lots", "<i8"),  # held, owed and asked for
        ("next", "<u4"),  # of the same contract
        ("is_listed", "<i4"),  # in that chain
        ("padding", "<i8", (2,)),  # to a size that is found without multiplying
    ],
    align=True,
)

assert ACCOUNT.itemsize == 256
assert POSITION.itemsize == EXPOSURE.itemsize == 64
assert MARGIN.itemsize == 32
assert NOMINATION.itemsize == 64
