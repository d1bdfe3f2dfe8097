"""A real server that speaks the Mastodon API (`mastodon_mock` from PyPI) as a child process on a free loopback port.

Source: social-platforms.md 9.2. The database is a file in the given folder, so a killed server comes back with its posts; it
keeps its port and its name. The child ends when its parent does, because its standard input closes.

    python -m maskbot.sandbox.mastodon <config file> <port>     what the child runs
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from maskbot.domain.errors import Unavailable

_START_TIMEOUT_S = 30.0
_LINK = re.compile(r"https?://\S+")
_MEDIA = "media"


class MastodonNotStarted(Unavailable):
    """The sandbox's Mastodon server did not come up in time, or ended."""

    kind = "SandboxMastodonNotStarted"


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """One account of the server and its token; tokens are throw-away."""

    username: str
    is_bot: bool = False
    note: str = ""

    @property
    def token(self) -> str:
        """The access token."""
        return f"{self.username}_token"


class MastodonServer:
    """One Mastodon server with the accounts it was given."""

    def __init__(
        self,
        folder: Path,
        *,
        accounts: Sequence[SandboxAccount],
        rate_limit: int | None = None,
        heartbeat_s: float = 2.0,
    ) -> None:
        self._folder = folder
        self._accounts = tuple(accounts)
        self._rate_limit = rate_limit
        self._heartbeat_s = heartbeat_s
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def base_url(self) -> str:
        """Where its API is: `http://127.0.0.1:<port>`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def domain(self) -> str:
        """Its public name: host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process is not None else None

    def start(self) -> Self:
        """Start the server and return when it answers; a running one is left alone. A restarted server keeps its port.

        Raises:
            MastodonNotStarted: it did not answer within 30 s.
        """
        if self._process is not None and self._process.poll() is None:
            return self
        self._folder.mkdir(parents=True, exist_ok=True)
        for _ in range(5):
            self.port = self.port or _free_port()
            self._process = self._spawn()
            if self._wait_until_ready():
                return self
            self.stop()
        raise MastodonNotStarted(f"mastodon_mock did not answer; see {self._folder / 'mastodon.log'}")

    def stop(self) -> None:
        """End it as an operator would (SIGTERM)."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        self._end(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()

    def add_fault(
        self, effect: Mapping[str, object], *, match: Mapping[str, object] | None = None, count: int | None = 1
    ) -> None:
        """Make the server misbehave for the next `count` matching requests (social-platforms.md 9.2)."""
        rule: dict[str, object] = {"match": dict(match or {}), "effect": dict(effect)}
        if count is not None:
            rule["count"] = count
        httpx.post(f"{self.base_url}/api/v1/_mock/faults", json=rule, trust_env=False).raise_for_status()

    def clear_faults(self) -> None:
        """Behave again."""
        httpx.delete(f"{self.base_url}/api/v1/_mock/faults", trust_env=False).raise_for_status()

    def _spawn(self) -> subprocess.Popen[bytes]:
        config = self._folder / "mastodon.toml"
        config.write_text(self._config())
        with (self._folder / "mastodon.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "maskbot.sandbox.mastodon", str(config), str(self.port)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _config(self) -> str:
        """The settings as TOML; JSON texts are TOML texts."""
        lines = [
            f"domain = {json.dumps(self.domain)}",
            f"media_storage_path = {json.dumps(str(self._folder / _MEDIA))}",
            f"[database]\npath = {json.dumps(str(self._folder / 'mastodon.sqlite'))}",
            f'[server]\nhost = "127.0.0.1"\nport = {self.port}',
            f"[streaming]\nheartbeat_seconds = {self._heartbeat_s}",
            f"[ratelimit]\nenabled = {json.dumps(self._rate_limit is not None)}\nlimit = {self._rate_limit or 300}",
        ]
        for account in self._accounts:
            lines.append(
                f"[[seed.accounts]]\nusername = {json.dumps(account.username)}\naccess_token = {json.dumps(account.token)}\n"
                f"bot = {json.dumps(account.is_bot)}\nnote = {json.dumps(account.note, ensure_ascii=False)}"
            )
        return "\n".join(lines) + "\n"

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline and self._process is not None and self._process.poll() is None:
            try:
                answer = httpx.get(f"{self.base_url}/api/v1/instance", timeout=2, trust_env=False)
                if answer.status_code == 200 and self.domain in answer.text:
                    return True
            except httpx.HTTPError:
                pass  # not listening yet
            time.sleep(0.05)
        return False

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(number)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        if process.stdin is not None:
            process.stdin.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def _note_sizes(media: Path) -> None:
    """Have the server tell the size of an uploaded picture (`meta.original`), as Mastodon does and this part does not."""
    from mastodon_mock.db.models import MediaAttachment
    from sqlalchemy import event

    from maskbot.wire.picture import PictureUnreadable, image_size

    def note_size(_mapper: object, _connection: object, target: MediaAttachment) -> None:
        try:
            width, height = image_size((media / "attachments" / (target.filename or "")).read_bytes())
        except (OSError, PictureUnreadable):
            return
        target.meta = {
            **(target.meta or {}),
            "original": {"width": width, "height": height, "size": f"{width}x{height}"},
        }

    event.listen(MediaAttachment, "before_insert", note_size)


def _weigh_links() -> None:
    """Have the server count a link as 23 characters, as Mastodon does, and as this part itself says and does not do."""
    from mastodon_mock.routers import statuses

    refuse = statuses._validate_status_params

    def refuse_by_weight(params: dict[str, Any]) -> Any:  # an answer of the server's SDK
        return refuse(params | {"status": _LINK.sub("x" * 23, str(params.get("status") or ""))})

    statuses._validate_status_params = refuse_by_weight


def _run(config: str, port: str) -> None:
    from mastodon_mock.cli import main  # a sandbox part: absent from production installations

    threading.Thread(target=_end_with_parent, daemon=True).start()
    _note_sizes(Path(config).parent / _MEDIA)
    _weigh_links()
    main(["serve", "--config", config, "--host", "127.0.0.1", "--port", port, "--log-level", "warning"])


if __name__ == "__main__":
    _run(*sys.argv[1:3])
