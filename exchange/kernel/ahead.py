"""Looking ahead in a batch: what the next commands will touch is asked for before it is needed.

An order that rests was touched long ago, and is far away by the time it is cancelled. Waiting
for it would take longer than the cancel. So its rows are asked for sixteen commands before, and
its neighbours, whose numbers stand in them, eight commands before. The commands themselves come
from farther away than the processor looks by itself.
"""

from exchange.domain.records import Rows
from exchange.jit import FULL, int64, kernel, prefetch
from exchange.kernel import index, ladder
from exchange.kernel.facts import account_in, contract_in, has_text
from exchange.kernel.state import BOOKS_EACH, State

_ORDER_ROW = 2**32 - 1

FARTHEST = 32
FAR = 16
NEAR = 8
FEW = 16  # contracts whose rows stay near by themselves


@kernel
def look(state: State, commands: Rows, consumed: int) -> None:
    """Ask for the rows of the commands after ``commands[consumed]``; it changes nothing."""
    prefetch(commands, consumed + FARTHEST)
    if consumed + FAR < commands.shape[0]:
        _look_far(state, commands[consumed + FAR])
    if consumed + NEAR < commands.shape[0]:
        _look_near(state, commands[consumed + NEAR])


@kernel
def _look_far(state: State, command: Rows) -> None:
    prefetch(state.orders, int64(command["order_id"]) & _ORDER_ROW)
    if FULL and has_text(command):
        prefetch(state.client_id_index, index.client_id_place(state, account_in(command), command))
    if int64(state.header[0]["contracts"]) > FEW:
        contract = contract_in(command)
        prefetch(state.contracts, contract)
        prefetch(state.books, contract * BOOKS_EACH)


@kernel
def _look_near(state: State, command: Rows) -> None:
    order = int64(command["order_id"]) & _ORDER_ROW
    node = state.orders[order if order < state.orders.shape[0] else 0]
    prefetch(state.orders, int64(node["older"]))
    prefetch(state.orders, int64(node["newer"]))
    prefetch(state.levels, int64(node["level"]))
    if FULL:
        prefetch(state.orders, int64(node["account_older"]))
        prefetch(state.orders, int64(node["account_newer"]))
    if int64(state.header[0]["contracts"]) > FEW:
        if order != 0:
            prefetch(state.pages, int64(node["level"]) >> 6)
            prefetch(state.positions, int64(node["position"]))
        elif contract_in(command) < int64(state.header[0]["contracts"]):
            _look_at_price(state, command)


@kernel
def _look_at_price(state: State, command: Rows) -> None:
    """Ask for the level that a new order may join, as far as there is a way to it."""
    contract = contract_in(command)
    side = state.books[ladder.visible(contract, int64(command["side"]) & 1)]
    price_ticks = int64(command["price_ticks"])
    node = int64(side["root"])
    for height in range(int64(side["height"]) - 1, 0, -1):
        node = int64(state.children[node * 64 + ((price_ticks >> (6 * height)) & 63)])
    prefetch(state.levels, node * 64 + (price_ticks & 63))
    prefetch(state.pages, node)
    if FULL:
        prefetch(state.position_index, index.position_place(state, account_in(command), contract))
