"""Ids as four integers, losslessly: the kernel compares ids and knows no strings.

Client order ids, symbols, account names and references are 1 to 36 characters of a
64-letter alphabet. Nine characters make a word in base 65 (digit 0 ends the text, and
65**9 < 2**63), so four words hold any id, and the empty id is four zeros.
"""

import re

from exchange.domain.errors import BadText

TEXT_MAX = 36
TEXT_PATTERN = "^[A-Za-z0-9_-]{1,36}$"
TextWords = tuple[int, int, int, int]
EMPTY: TextWords = (0, 0, 0, 0)

_ALPHABET = "\0ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
_DIGIT = {character: digit for digit, character in enumerate(_ALPHABET)}
_BASE = len(_ALPHABET)
_PER_WORD = 9
WORD_END = _BASE**_PER_WORD  # words are in [0, WORD_END)
_VALID = re.compile(TEXT_PATTERN[1:-1])


def pack_text(text: str) -> TextWords:
    """The four words of ``text``. Raises BadText if it is not a valid id."""
    if not _VALID.fullmatch(text):
        raise BadText(f"id {text[:40]!r} is not 1 to 36 characters of A-Z a-z 0-9 _ -")
    first, second, third, fourth = (
        _pack_word(text[start : start + _PER_WORD]) for start in range(0, 4 * _PER_WORD, _PER_WORD)
    )
    return first, second, third, fourth


def text_columns(text: str) -> dict[str, int]:
    """The columns of a COMMAND that hold ``text``. Raises BadText."""
    return dict(zip(("text_0", "text_1", "text_2", "text_3"), pack_text(text), strict=True))


def unpack_text(words: TextWords) -> str:
    """The id whose words these are; the empty string for four zeros."""
    return "".join(_unpack_word(word) for word in words)


def _pack_word(characters: str) -> int:
    word = 0
    for character in reversed(characters):
        word = word * _BASE + _DIGIT[character]
    return word


def _unpack_word(word: int) -> str:
    characters = ""
    while word:
        word, digit = divmod(word, _BASE)
        characters += _ALPHABET[digit]
    return characters
