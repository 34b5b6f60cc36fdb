"""The example on the page about makers is a whole maker."""

import inspect
import re
from pathlib import Path

import pytest

from strategies import making
from strategies.making import Maker, Outlook
from tests.strategies.test_avellaneda_stoikov import context, quote

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "strategies" / "making.md"


def test_the_example_on_the_page_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    """It prints its stance, and in a book it stands where it says: 5% to each side, lower by 1% for each quote held."""
    (code,) = re.findall(r"```python\n(.*?)```", _PAGE.read_text(encoding="utf-8"), re.DOTALL)
    made: dict[str, type[Maker]] = {}
    exec(compile(code, str(_PAGE), "exec"), made)
    assert capsys.readouterr().out == "Stance(center=0.98, half=0.05)\n"
    maker = made["Wary"]()
    assert maker.stance(Outlook(0.0, 0.04, 1.0)).half == pytest.approx(0.1)
    found = quote(maker, context(deviation=0.1, position=40))
    assert (found.bid_ticks, found.ask_ticks) == pytest.approx((2325, 2575), abs=1)


def test_the_page_names_every_parameter() -> None:
    """Of each maker, and of what they share."""
    page = _PAGE.read_text(encoding="utf-8")
    makers = (making.Maker, making.Symmetric, making.AvellanedaStoikov, making.GueantLehalleFernandezTapia, making.Grid)
    names = {name for maker in makers for name in inspect.signature(maker.__init__).parameters} - {"self"}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []
