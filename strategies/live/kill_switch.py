"""The kill switch of a live run: a file that appears, or a signal. It cannot be undone."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

from strategies.live.errors import CannotTrade

LOOK_EVERY_S = 0.1


class KillSwitch:
    """To be made in the event loop of the run. Raises CannotTrade if the file is there already."""

    def __init__(self, file: Path | None = None) -> None:
        if file is not None and file.exists():
            raise CannotTrade(f"the kill file {file} is there: nothing is traded before it is removed")
        self._file = file
        self._pulled = asyncio.Event()
        self.reason = ""

    def hear_signal(self) -> None:
        """From now on SIGUSR1 pulls it."""
        # A loop that is not in the main thread leaves signals to whoever is; not every system has this one.
        with suppress(ValueError, RuntimeError, NotImplementedError, AttributeError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self.pull, "SIGUSR1")

    def pull(self, reason: str) -> None:
        self.reason = self.reason or reason
        self._pulled.set()

    async def pulled(self) -> str:
        """Wait until it is pulled; why."""
        while not self._pulled.is_set():
            if self._file is not None and self._file.exists():
                self.pull(f"{self._file} appeared")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._pulled.wait(), LOOK_EVERY_S if self._file is not None else None)
        return self.reason
