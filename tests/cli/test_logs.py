"""A venue's log: JSON where nobody looks, as much as is asked for, and no secret in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from exchange.client import Client
from exchange.keys import FILE_NAME, KeyStore
from tests.cli.test_cli import SMALL, settings_file
from tests.node.serving import Serving


@pytest.mark.parametrize(("level", "told"), [("info", True), ("error", False)])
async def test_connections_are_told_as_json(tmp_path: Path, level: str, told: bool) -> None:
    directory = tmp_path / "venue"
    directory.mkdir()
    with KeyStore(directory / FILE_NAME) as keys:
        key = keys.create("alice")
    settings = settings_file(tmp_path, f'log_level = "{level}"\n{SMALL}')
    async with await Serving.start(directory, settings) as serving:
        async with Client(serving.url, key) as client:
            await client.account_summary()
        await serving.stop()
        assert serving.process.stderr is not None
        log = (await serving.process.stderr.read()).decode()
    lines = [json.loads(line) for line in log.splitlines()]
    closed = [line for line in lines if line["event"] == "connection closed"]
    assert [(line["key"], line["account"], line["level"]) for line in closed] == (
        [(key.client_id, "alice", "info")] if told else []
    )
    assert key.client_secret not in log
