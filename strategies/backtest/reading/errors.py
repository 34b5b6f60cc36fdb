"""What can be wrong with a recording of others."""

from __future__ import annotations

from exchange.domain.errors import GpuxError


class BadSource(GpuxError):
    """A recording that cannot be read or cannot be what it says; names the file, the row from 1 and the reason."""
