"""The demo's exchange: a process of its own, as in earnest, that ends when the demo does."""

import asyncio
import json
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from exchange.config import Settings
from exchange.domain.errors import GpuxError
from exchange.keys import FILE_NAME as KEYS_FILE_NAME
from exchange.keys import ApiKey, KeyStore

SETTINGS_FILE_NAME = "settings.toml"
LOG_FILE_NAME = "exchange.log"
# Cash of each account that the demo makes a key for.
CASH_USD = 10**9
_LOG_LINES_SHOWN = 5
_STOP_SECONDS = 30.0


class VenueFailed(GpuxError):
    """The exchange did not start, or stopped before it was asked to."""


class Venue:
    """An exchange in ``directory``, which keeps its journal from demo to demo."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        self.directory = directory
        self.settings = settings
        self.port = 0
        self._process: Process | None = None
        self._log = directory / LOG_FILE_NAME
        self._log_before = 0  # bytes that earlier demos wrote

    @property
    def url(self) -> str:
        return f"ws://{self.settings.host}:{self.port}/ws/api/v2"

    @property
    def page(self) -> str:
        return f"http://{self.settings.host}:{self.port}/"

    async def start(self, waiting: Callable[[float], None]) -> None:
        """Start and wait until clients may come; ``waiting`` is told the seconds so far, now and then.

        Raises VenueFailed with the exchange's own reason.
        """
        try:
            self._prepare()
        except OSError as error:
            raise VenueFailed(f"directory {self.directory} cannot be written: {error.strerror or error}") from None
        options = ["--dir", str(self.directory), "--settings", str(self.directory / SETTINGS_FILE_NAME)]
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C is for the demo, which stops the traders first.
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "exchange", "serve", *options, "--json", "--stop-with-parent"),
                stdin=PIPE,
                stdout=PIPE,
                stderr=log,
                start_new_session=True,
            )
        ready = asyncio.create_task(self._event("ready"))
        started_s = time.monotonic()
        try:
            while not (await asyncio.wait({ready}, timeout=0.1))[0]:
                waiting(time.monotonic() - started_s)
            self.port = int(ready.result()["port"])
        except BaseException:
            ready.cancel()
            await self.kill()
            raise

    async def stop(self) -> dict[str, Any]:
        """Stop cleanly. Returns what the exchange says at the end: sequence, state hash, journal."""
        assert self._process is not None, "the exchange was not started"
        self._process.send_signal(signal.SIGTERM)
        try:
            ending = await asyncio.wait_for(self._event("stopped"), _STOP_SECONDS)
            await asyncio.wait_for(self._process.wait(), _STOP_SECONDS)
        except TimeoutError:
            await self.kill()
            raise VenueFailed(f"the exchange did not stop within {_STOP_SECONDS:.0f} seconds and was killed") from None
        return ending

    async def kill(self) -> None:
        """End the process, if it still runs; the journal bears it."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def ended(self) -> None:
        """Wait until the exchange ends by itself, and raise VenueFailed."""
        assert self._process is not None, "the exchange was not started"
        await self._process.wait()
        raise VenueFailed(self._last_words())

    def keys(self, accounts: Sequence[str]) -> dict[str, ApiKey]:
        """A key for each account: one from an earlier demo, else a new one."""
        with KeyStore(self.directory / KEYS_FILE_NAME) as store:
            # Only those that are found come with their secrets.
            found = (store.find(key.client_id) for key in store.all())
            known = {key.account: key for key in found if key is not None}
            return {account: known.get(account) or store.create(account) for account in accounts}

    async def _event(self, wanted: str) -> dict[str, Any]:
        """Read what the exchange tells until it tells ``wanted``."""
        assert self._process is not None
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            told: dict[str, Any] = json.loads(line)
            if told["event"] == wanted:
                return told
        await self._process.wait()
        raise VenueFailed(self._last_words())

    def _last_words(self) -> str:
        lines = self._log.read_bytes()[self._log_before :].decode("utf-8", errors="replace").splitlines()
        return "the exchange stopped: " + ("\n".join(lines[-_LOG_LINES_SHOWN:]) or "it did not say why")

    def _prepare(self) -> None:
        """Make the directory, the settings, and the log that the exchange will go on writing."""
        settings = self.settings
        self.directory.mkdir(parents=True, exist_ok=True)
        self._log.touch()
        self._log_before = self._log.stat().st_size
        lines = [
            f"host = {json.dumps(settings.host)}",
            f"port = {settings.port}",
            f"skus = {json.dumps(settings.skus)}",
            f"regions = {json.dumps(settings.regions)}",
            f"hours_ahead = {settings.hours_ahead}",
            f"newcomer_cash_usd = {settings.newcomer_cash_usd}",
            f"stages.closing_minutes = {settings.stages.closing_minutes}",
        ]
        (self.directory / SETTINGS_FILE_NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
