"""Ids as four integers, there and back."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.domain.errors import BadText
from exchange.domain.text import EMPTY, TEXT_PATTERN, WORD_END, pack_text, unpack_text

_ALPHABET = string.ascii_letters + string.digits + "_-"
_IDS = st.text(_ALPHABET, min_size=1, max_size=36)


@given(_IDS)
def test_every_id_comes_back(text: str) -> None:
    """Losslessly, in words that fit a signed column."""
    words = pack_text(text)
    assert all(0 <= word < WORD_END < 2**63 for word in words)
    assert words != EMPTY
    assert unpack_text(words) == text


@given(_IDS, _IDS)
def test_different_ids_have_different_words(one: str, other: str) -> None:
    """The kernel compares words instead of ids."""
    assert (pack_text(one) == pack_text(other)) == (one == other)


@given(st.text(max_size=40))
def test_an_id_is_packed_exactly_if_it_matches_the_pattern(text: str) -> None:
    """Also for newlines, digits of other scripts and the like."""
    if re.fullmatch(TEXT_PATTERN[1:-1], text):
        assert unpack_text(pack_text(text)) == text
    else:
        with pytest.raises(BadText, match="1 to 36 characters"):
            pack_text(text)


@pytest.mark.parametrize("text", ["", "a" * 37, "a b", "a.b", "é", "a\n", "\0", "\uff11"])
def test_anything_else_is_refused(text: str) -> None:
    """A newline at the end must not slip through, as it does with a dollar sign."""
    with pytest.raises(BadText):
        pack_text(text)


def test_the_empty_id_is_four_zeros() -> None:
    """Which is how a command says that it has none."""
    assert unpack_text(EMPTY) == ""
