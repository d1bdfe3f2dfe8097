"""deploy/gun_relay.js, the relay of docker-compose.yml: it holds after an ordered end whatever a reader was told before."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from websockets.sync.client import ClientConnection, connect

from maskbot.sandbox.node import find_node, installed_parts
from tests.unit.workers.waiting import until

SCRIPT = Path(__file__).parents[2] / "deploy" / "gun_relay.js"
NODE = {"_": {"#": "soul", ">": {"field": 1}}, "field": "kept"}


def test_what_was_read_back_survives_an_ordered_end(tmp_path: Path) -> None:
    """gun answers readers at once and writes a quarter of a second later."""
    with _relay(tmp_path) as url, connect(url) as writer, connect(url) as reader:
        writer.send(json.dumps({"#": "write", "put": {"soul": NODE}}))
        until(lambda: _read(reader) == "kept")
    with _relay(tmp_path) as url, connect(url) as reader:
        until(lambda: _read(reader) == "kept")


def _read(relay: ClientConnection) -> str | None:
    """The field as the relay tells it now; None when it does not know it."""
    question = uuid4().hex  # gun hears a message of the same name once
    relay.send(json.dumps({"#": question, "get": {"#": "soul"}}))
    while True:
        told = json.loads(relay.recv(timeout=10))
        for each in told if isinstance(told, list) else [told]:
            if each.get("@") == question:
                found: dict[str, Any] = each.get("put") or {}
                return cast("str | None", found.get("soul", {}).get("field"))


@contextmanager
def _relay(folder: Path) -> Iterator[str]:
    """The relay on a free port, ended as `docker compose stop` ends it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(find_node().executable), str(SCRIPT), str(folder), str(port)]
    variables = {**os.environ, "NODE_PATH": str(installed_parts() / "node_modules")}
    process = subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(port))
        yield f"ws://127.0.0.1:{port}/gun"
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
