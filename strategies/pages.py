"""Pages of HTML with pictures in them, which need no network, no script and no other file.

The same figures give the same bytes: nothing on a page says when or by what it was made. A page is
well-formed XML too, so that any tool can read it.
"""

import re
from contextlib import AbstractContextManager
from html import escape
from io import StringIO
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from exchange.domain.errors import GpuxError

_PLAIN: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.size": 9,
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "text.parse_math": False,
}
_METADATA: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
_STYLE = (
    "body{font:15px/1.45 sans-serif;max-width:62em;margin:2em auto;padding:0 1em;color:#2a2a2a}svg{max-width:100%;"
    "height:auto}figure{margin:1.2em 0}figcaption,.quiet{color:#5a5a5a}h2{margin-top:2.2em;border-top:1px solid #ccc;"
    "padding-top:.8em;overflow-wrap:anywhere}table{border-collapse:collapse}td,th{padding:.15em .8em;"
    "text-align:right;vertical-align:baseline}td:first-child,th:first-child{text-align:left;padding-left:0}"
)
# What XML, and so a well-formed page, cannot hold.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
# Names that nothing refers to, and that are the same in every picture.
_IDLE_ID = re.compile(r'<g id="[\w.]+_\d+"')
_PATH = re.compile(r' d="[^"]*"')
_FINER = re.compile(r"(\.\d\d)\d+")  # than a hundredth of a point: nobody sees it, and it doubles the page


def plain() -> AbstractContextManager[None]:
    """How figures are made: inside it, whatever else draws in this process."""
    return mpl.rc_context(_PLAIN)


def svg_of(figure: Figure, name: str = "") -> str:
    """The figure as an ``svg`` element. Figures of one page have names of their own, so that no two ids are alike."""
    out = StringIO()
    with mpl.rc_context({**_PLAIN, "svg.hashsalt": f"gpux{name}"}):
        figure.savefig(out, format="svg", metadata=_METADATA)
    text = out.getvalue()
    text = _IDLE_ID.sub("<g", text[text.index("<svg") :].strip())
    return _PATH.sub(lambda path: _FINER.sub(r"\1", path[0]), text)


def figure_of(figure: Figure, name: str, caption: str) -> str:
    """The figure with words below it, and the same words for those who cannot see it."""
    words = text_of(caption)
    drawn = svg_of(figure, name).replace("<svg ", f'<svg role="img" aria-label="{words}" ', 1)
    return f"<figure>\n{drawn}\n<figcaption>{words}</figcaption></figure>"


def text_of(words: str) -> str:
    """Any words as text of a page, whoever wrote them."""
    readable = words.encode("utf-8", "replace").decode("utf-8")
    return escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", readable))


def list_of(sentences: list[str]) -> str:
    items = "\n".join(f"<li>{text_of(sentence)}</li>" for sentence in sentences)
    return f"<ul>\n{items}\n</ul>" if sentences else ""


def table_of(heading: list[str], rows: list[list[str]]) -> str:
    """Cells are words, not HTML."""
    lines = [("th", heading), *(("td", row) for row in rows)]
    cells = ("".join(f"<{tag}>{text_of(cell)}</{tag}>" for cell in row) for tag, row in lines)
    return "<table>\n" + "\n".join(f"<tr>{line}</tr>" for line in cells) + "\n</table>"


def page_of(title: str, body: str) -> str:
    """The whole page; ``body`` is HTML, ``title`` is words."""
    words = text_of(title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8"/><title>{words}</title>\n'
        f"<style>{_STYLE}</style></head>\n<body>\n<h1>{words}</h1>\n{body}\n</body>\n</html>\n"
    )


def write_page(path: str, page: str) -> None:
    """Raises GpuxError if it cannot be written."""
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(page)
    except OSError as error:
        raise GpuxError(f"{path}: cannot be written ({error.strerror or error})") from None
