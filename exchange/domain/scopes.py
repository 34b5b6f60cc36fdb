"""What a key may do: short words for people, the dialect's words for clients."""

READ = "account:read"
TRADE = "trade:read_write"
QUOTE = "quote:read_write"
PROVIDE = "provider:read_write"
OPERATE = "operator:read_write"

SCOPES = {"read": READ, "trade": TRADE, "quote": QUOTE, "provider": PROVIDE, "operator": OPERATE}
# All that a participant of the market does.
PARTICIPANT = (READ, TRADE, QUOTE, PROVIDE)
# A change of any kind; which kind the table of methods says.
CHANGES = frozenset({TRADE, QUOTE, PROVIDE})
