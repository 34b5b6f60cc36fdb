"""The pages in docs say all that there is: a new method, error or refusal without a word about it fails here."""

from pathlib import Path

import pytest

from exchange.domain.enums import Reject
from exchange.journal.format import HEADER_BYTES
from exchange.wire.channels import Stream
from exchange.wire.refusals import Code
from exchange.wire.requests import METHODS
from exchange.wire.requests.orders import Place

_DOCS = Path(__file__).resolve().parents[1] / "docs"


@pytest.fixture(scope="module")
def protocol() -> str:
    return (_DOCS / "protocol.md").read_text(encoding="utf-8")


def test_the_protocol_page_names_every_method(protocol: str) -> None:
    """Whoever reads the page knows what can be asked."""
    assert [method for method in METHODS if f"`{method}`" not in protocol] == []


def test_the_protocol_page_names_every_error(protocol: str) -> None:
    """Number and word stand in one row."""
    rows = [f"| {int(code)} | `{code.name.lower()}` |" for code in Code]
    assert [row for row in rows if row not in protocol] == []


def test_the_protocol_page_names_every_channel(protocol: str) -> None:
    """Each stream has a row in the table of channels."""
    assert [stream.value for stream in Stream if f"`{stream.value}." not in protocol] == []


def test_the_protocol_page_names_the_parameters_of_an_order(protocol: str) -> None:
    """All that does something: what is there only to be refused or ignored is left out."""
    silent = {"access_token", "mmp"}
    assert [name for name in Place.__struct_fields__ if name not in silent and f"`{name}`" not in protocol] == []


def test_the_orders_page_lists_refusals_in_order_of_precedence() -> None:
    """The table is read from the top, as the engine does it."""
    table = (_DOCS / "orders.md").read_text(encoding="utf-8").partition("## Refusals")[2]
    places = [table.find(f"`{reject.name.lower()}`") for reject in Reject if reject is not Reject.NONE]
    assert -1 not in places
    assert places == sorted(places)


def test_the_journal_page_knows_the_size_of_the_header() -> None:
    """Somebody may write a reader from that page."""
    assert f"; {HEADER_BYTES} bytes of header" in (_DOCS / "journal.md").read_text(encoding="utf-8")
