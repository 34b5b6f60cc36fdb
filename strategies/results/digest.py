"""One SHA-256 over what tables say: the same for the same content, whatever file or process it came from."""

import struct
from hashlib import sha256

import numpy as np
import polars as pl

from strategies.results.frames import Frames


def results_sha256(frames: Frames) -> str:
    """Hexadecimal. Names, columns, their kinds, the number of rows and every value count; files do not."""
    digest = sha256()
    for name, frame in frames.named().items():
        digest.update(_framed(name.encode()) + struct.pack("<q", frame.height))
        for column in frame.get_columns():
            digest.update(_framed(column.name.encode()) + _framed(_content(column)))
    return digest.hexdigest()


def _framed(content: bytes) -> bytes:
    """With its length before it, so that no two lists of contents look alike."""
    return struct.pack("<q", len(content)) + content


def _content(column: pl.Series) -> bytes:
    if column.dtype == pl.Int64:
        absent = column.is_null().to_numpy().astype(np.uint8).tobytes() if column.null_count() else b""
        return b"int" + _framed(absent) + column.fill_null(0).to_numpy().astype("<i8").tobytes()
    if column.dtype == pl.Boolean:
        return b"bool" + column.to_numpy().astype(np.uint8).tobytes()
    if isinstance(column.dtype, pl.Enum):
        words = "\n".join(column.dtype.categories.to_list()).encode()
        return b"enum" + _framed(words) + column.to_physical().cast(pl.Int64).to_numpy().astype("<i8").tobytes()
    assert column.dtype == pl.String
    texts = [text.encode() for text in column.to_list()]
    lengths = np.array([len(text) for text in texts], "<i8").tobytes()
    return b"text" + _framed(lengths) + b"".join(texts)
