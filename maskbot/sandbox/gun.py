"""A real gun relay and a real JavaScript gun client as child processes on loopback (npm `gun`).

Source: `spec/gun-personas-backup.md` B. The relay chooses its own free port and tells it, so two runs never race for
one; a restarted relay keeps its port and its data. Multicast is off. Both children end when their parent does,
because their standard input closes.
"""

from __future__ import annotations

import json
import queue
import signal
import subprocess
import threading
from itertools import count
from pathlib import Path
from typing import Any, Self, cast

from maskbot.domain.errors import Unavailable
from maskbot.sandbox import node

_HERE = Path(__file__).parent
_START_TIMEOUT_S = 30.0

Json = Any  # what a JavaScript peer says is any JSON value


class PartFailed(Unavailable):
    """A sandbox process did not start, or did not answer in time."""

    kind = "SandboxPartFailed"


class GunRelay:
    """One relay with its own data folder.

    `has_axe` is the relay's own default (pushes reach subscribers only); without it every put goes to every peer.
    """

    def __init__(self, folder: Path, *, has_axe: bool = True, parts: Path | None = None) -> None:
        self._folder = folder
        self._has_axe = has_axe
        self._parts = node.installed_parts(parts)
        self._port = 0
        self._process: _NodeProcess | None = None

    @property
    def url(self) -> str:
        """The address peers use, as people write it: `http://127.0.0.1:<port>/gun`."""
        return f"http://127.0.0.1:{self._port}/gun"

    @property
    def port(self) -> int:
        """The port on 127.0.0.1; 0 before the first start."""
        return self._port

    def start(self) -> Self:
        """Start the relay and return when it listens; a relay that runs is left alone.

        Raises:
            PartFailed: it did not listen in time.
        """
        if self._process is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            arguments = [str(self._parts), str(self._folder), str(self._port), str(self._has_axe).lower()]
            self._process = _NodeProcess(_HERE / "gun_relay.js", arguments, cwd=self._folder)
            self._port = int(self._process.next_line(_START_TIMEOUT_S)["port"])
        return self

    def kill(self) -> None:
        """End the relay at once, without a farewell to its peers; what it had not flushed is lost."""
        if self._process is not None:
            self._process.end()
            self._process = None

    stop = kill

    def has_flushed(self, text: str) -> bool:
        """Whether a file of its folder holds the text, so that a kill loses it no more."""
        files = (path for path in self._folder.rglob("*") if path.is_file())
        return any(text.encode() in path.read_bytes() for path in files)

    def restart(self) -> None:
        """Kill the relay and start it again on the same port and data."""
        self.kill()
        self.start()

    def pause(self) -> None:
        """Freeze the process: its sockets stay open and nothing answers."""
        if self._process is not None:
            self._process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused relay go on."""
        if self._process is not None:
            self._process.signal(signal.SIGCONT)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()


class GunClient:
    """The bare JavaScript client (`gun/gun`) as a peer of the given relays; `gun_client.js` lists its commands."""

    def __init__(self, *relay_urls: str, parts: Path | None = None) -> None:
        folder = node.installed_parts(parts)
        self._process = _NodeProcess(_HERE / "gun_client.js", [str(folder), *relay_urls], cwd=folder)
        self._ids = count(1)
        self._answers: dict[int, Json] = {}
        self._events: list[dict[str, Json]] = []
        self._process.next_line(_START_TIMEOUT_S)

    def put(self, path: list[str], data: Json, *, timeout_s: float = 15) -> Json:
        """Put data at a path and return the first ack."""
        return self._call({"op": "put", "path": path, "data": data}, timeout_s)

    def set(self, path: list[str], data: Json, *, timeout_s: float = 15) -> Json:
        """Append an item to the set at a path and return the first ack and the item's soul."""
        return self._call({"op": "set", "path": path, "data": data}, timeout_s)

    def set_many(self, items: list[tuple[list[str], Json]], *, timeout_s: float) -> Json:
        """Append items (path, data) all at once; return how many were `acked` in time and the `ms` until the last one was."""
        listed = [{"path": path, "data": data} for path, data in items]
        command = {"op": "set_many", "items": listed, "timeout_ms": timeout_s * 1000}
        return self._call(command, timeout_s + _START_TIMEOUT_S)

    def once(self, path: list[str], *, timeout_s: float = 15) -> Json:
        """Return what `.once()` gives at a path; None for not found."""
        return self._call({"op": "once", "path": path}, timeout_s)

    def once_items(self, path: list[str], *, timeout_s: float = 15) -> list[Json]:
        """Return the nodes of all members of the set at a path."""
        return cast("list[Json]", self._call({"op": "once_items", "path": path}, timeout_s))

    def subscribe_members(self, path: list[str]) -> int:
        """Start `.map().on()` at a path and return the id its events carry."""
        return self._subscribe("map_on", path)

    def _subscribe(self, operation: str, path: list[str]) -> int:
        identifier = next(self._ids)
        self._process.say({"id": identifier, "op": operation, "path": path})
        self._await_answer(identifier, _START_TIMEOUT_S)
        return identifier

    def next_event(self, subscription: int, *, timeout_s: float = 15) -> dict[str, Json]:
        """Return the next change of a subscription: `{event, key, data}`.

        Raises:
            PartFailed: none came in time.
        """
        while True:
            for position, event in enumerate(self._events):
                if event["event"] == subscription:
                    return self._events.pop(position)
            self._sort_in(self._process.next_line(timeout_s))

    def stop(self) -> None:
        """End the client."""
        self._process.end()

    def _call(self, command: dict[str, Json], timeout_s: float) -> Json:
        identifier = next(self._ids)
        self._process.say({"id": identifier, **command})
        return self._await_answer(identifier, timeout_s)

    def _await_answer(self, identifier: int, timeout_s: float) -> Json:
        while identifier not in self._answers:
            self._sort_in(self._process.next_line(timeout_s))
        return self._answers.pop(identifier)

    def _sort_in(self, line: dict[str, Json]) -> None:
        if "event" in line:
            self._events.append(line)
        else:
            self._answers.setdefault(line["id"], line["result"])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()


class _NodeProcess:
    """One Node script that speaks JSON lines; what it says on stderr is dropped."""

    def __init__(self, script: Path, arguments: list[str], *, cwd: Path) -> None:
        command = [str(node.find_node().executable), str(script), *arguments]
        self._name = script.name
        self._process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self._lines: queue.Queue[dict[str, Json] | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, name=script.name, daemon=True)
        self._reader.start()

    def say(self, command: dict[str, Json]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise PartFailed(f"{self._name} has ended") from error

    def next_line(self, timeout_s: float) -> dict[str, Json]:
        try:
            line = self._lines.get(timeout=timeout_s)
        except queue.Empty:
            raise PartFailed(f"{self._name} said nothing for {timeout_s:g} s") from None
        if line is None:
            raise PartFailed(f"{self._name} ended with status {self._process.poll()}")
        return line

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end(self) -> None:
        self._process.kill()
        self._process.wait(10)
        self._reader.join(10)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                try:
                    stream.close()
                except OSError:
                    continue  # unsent bytes for a process that is gone

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(json.loads(line))
        self._lines.put(None)
