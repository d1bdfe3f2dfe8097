"""The service as real processes (vault, worker, tend, embedded Redis) against the simulated X, for tests that kill parts of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import httpx
import redis

from maskbot.adapters.vault import is_answering
from maskbot.assembly import App, assemble
from maskbot.sandbox.process import ChildProcess
from maskbot.sandbox.x_server.control import XControl
from maskbot.settings import Settings
from workers.redis_server import RedisServer

WINDOWS = {
    "MASKBOT_TICK_S": "0.2",
    "MASKBOT_QUIET_S": "0.5",
    "MASKBOT_LEASE_S": "45",
    "MASKBOT_X_POLL_S": "1",
    "MASKBOT_FEED_POLL_S": "1",
    "MASKBOT_LOOK_GAP_S": "0.3",
    "MASKBOT_LOOK_QUIET_S": "1",
    "MASKBOT_HEALTH_PORT": "0",
    "MASKBOT_ALLOW_PRIVATE_ADDRESSES": "true",
    "MASKBOT_LOG_FORMAT": "json",
    "MASKBOT_X_DAILY_BUDGET_USD": "100000",
    "MASKBOT_X_POSTS_PER_WINDOW": "0",
}


class Service:
    """One bot with one X account, in a directory."""

    def __init__(self, directory: Path, **variables: str) -> None:
        """`variables` are settings beside WINDOWS, without the prefix."""
        self.home = directory / "home"
        self._variables = {f"MASKBOT_{name}": value for name, value in variables.items()}
        self._logs = directory
        self.home.mkdir(mode=0o700)
        self._redis = RedisServer(state_dir=self.home / "redis")
        self.children: dict[str, ChildProcess] = {}

    def __enter__(self) -> Self:
        self._x_process = ChildProcess(
            ["-m", "maskbot.sandbox.x_server", "--port", "0"], log=self._logs / "x.log", tells_port=True
        )
        self.x = XControl(f"http://127.0.0.1:{self._x_process.port}")
        self.x.switch(has_limits=False)
        keys = self.x.add_user("maskbot")
        self.environment = {
            **{key: each for key, each in os.environ.items() if not key.startswith("MASKBOT_")},
            **WINDOWS,
            **self._variables,
            "MASKBOT_HOME": str(self.home),
            "MASKBOT_REDIS_URL": self._redis.start(),
            "MASKBOT_X_API_BASE_URL": self.x.base_url,
        }
        self.command("-m", "workers.run", "upgrade")
        for name in ("vault", "worker", "tend"):
            self.start(name)
        vault_socket = Settings(home=self.home).vault_socket_path
        wait_until(lambda: is_answering(vault_socket), what="the vault")
        secrets = {
            name: getattr(keys, name)
            for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        }
        self._secrets = json.dumps(secrets)
        self.add_account()
        return self

    def add_account(self) -> None:
        """Give the bot its account on X, or the account its (new) keys."""
        self.command("-m", "maskbot", "account", "add", "x", "--keys-file", "-", stdin=self._secrets)

    def __exit__(self, *_: object) -> None:
        for child in self.children.values():
            if child.is_running:
                os.kill(child.pid, signal.SIGTERM)
        for child in reversed(self.children.values()):
            child.end(grace_s=5)
        self._redis.stop()
        self._x_process.end(grace_s=2)

    def start(self, name: str) -> None:
        """Start a part (again)."""
        self.start_module(name, "workers.run", name)

    def start_module(self, name: str, *words: str) -> None:
        """Start any module with the service's settings, as a part of this name."""
        self.children[name] = ChildProcess(["-m", *words], log=self._logs / f"{name}.log", env=self.environment)

    def kill(self, name: str) -> None:
        """SIGKILL a part, as a crash would, and start it again."""
        os.kill(self.children[name].pid, signal.SIGKILL)
        self.children[name].end()
        self.start(name)

    def wipe_redis(self) -> None:
        """Kill Redis with all its data; its supervisor brings an empty one."""
        pid = self._redis.pid
        if pid is not None:
            redis.Redis(unix_socket_path=str(self._redis.files.socket)).flushall()
            shutil.rmtree(self._redis.files.data, ignore_errors=True)
            os.kill(pid, signal.SIGKILL)

    def stop_redis(self) -> None:
        """Take Redis away: nobody brings it back."""
        self._redis.stop()

    def start_redis(self) -> None:
        """Bring Redis again, at the same address."""
        self._redis = RedisServer(state_dir=self.home / "redis")
        assert self._redis.start() == self.environment["MASKBOT_REDIS_URL"]

    def ask(self, name: str, text: str = "@maskbot help") -> str:
        """Have a new person ask; the id of the post."""
        self.x.add_user(name)
        return str(self.x.say(name, text)["id"])

    def readiness(self) -> tuple[int, str]:
        """What `/health/ready` answers: status and reasons. Port 0 is told in the log."""
        log = (self._logs / "tend.log").read_text()
        port = json.loads([line for line in log.splitlines() if '"health.ready"' in line][-1])["port"]
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=10, trust_env=False)
        return answer.status_code, " ".join(answer.json()["reasons"])

    def app(self) -> App:
        """The service's parts in this process, to look into its store; close it."""
        return assemble(Settings(home=self.home, database_url=self.environment.get("MASKBOT_DATABASE_URL", "")))

    def redis_pid(self) -> int:
        """The embedded server's process."""
        assert self._redis.pid is not None
        return self._redis.pid

    def command(self, *words: str, stdin: str = "") -> str:
        """Run a Python command line with the service's settings; its output."""
        ran = subprocess.run(
            [sys.executable, *words], env=self.environment, input=stdin, capture_output=True, text=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def replies(self) -> dict[str, int]:
        """How many live replies of ours each post has."""
        counts: dict[str, int] = {}
        for post in self.x.posts(author="maskbot"):
            if not post["is_deleted"] and post["reply_to"]:
                counts[post["reply_to"]] = counts.get(post["reply_to"], 0) + 1
        return counts


def wait_until(is_so: Callable[[], object], *, what: str, timeout_s: float = 60.0, every_s: float = 0.05) -> None:
    """Wait until it is so, looking again and again."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, f"{what}: not within {timeout_s:g} s"
        time.sleep(every_s)
