"""A real ``serve`` in a process of its own, for tests that stop it or kill it."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any, Self

# Long enough to compile everything on a busy machine.
START_SECONDS = 240.0


class Serving:
    """``python -m exchange serve`` on a free port."""

    def __init__(self, directory: Path, process: Process, ready: dict[str, Any]) -> None:
        self.directory = directory
        self.process = process
        self.ready = ready
        self.url = f"ws://127.0.0.1:{ready['port']}/ws/api/v2"

    @classmethod
    async def start(cls, directory: Path, settings: Path | None = None, *more: str) -> Serving:
        """Started, and ready for clients."""
        options = [] if settings is None else ["--settings", str(settings)]
        process = await launch(
            "serve", "--dir", str(directory), "--port", "0", "--json", "--stop-with-parent", *options, *more
        )
        async with asyncio.timeout(START_SECONDS):
            lines = [await _line(process), await _line(process)]
        assert [line["event"] for line in lines] == ["compiling", "ready"]
        return cls(directory, process, lines[1])

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """A test that failed in between leaves nothing running."""
        if self.process.returncode is None:
            await self.kill()

    async def kill(self) -> None:
        """As a loss of power would, as far as the process can tell."""
        self.process.kill()
        await self.process.wait()

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> dict[str, Any]:
        """Asked politely; returns what it says at the end."""
        self.process.send_signal(number)
        return await self.ended()

    async def ended(self) -> dict[str, Any]:
        stopped = await _line(self.process)
        assert await self.process.wait() == 0, await _complaint(self.process)
        assert stopped["event"] == "stopped"
        return stopped


async def launch(*arguments: str) -> Process:
    """``python -m exchange`` with ``arguments``."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "exchange", *arguments, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )


async def run(*arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a command that ends by itself."""
    process = await launch(*arguments)
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def _line(process: Process) -> dict[str, Any]:
    """The next thing that the process says; fails with its complaint if it ends instead."""
    assert process.stdout is not None
    line = await process.stdout.readline()
    assert line, f"exit code {await process.wait()}: {await _complaint(process)}"
    value: dict[str, Any] = json.loads(line)
    return value


async def _complaint(process: Process) -> str:
    assert process.stderr is not None
    return (await process.stderr.read()).decode()
