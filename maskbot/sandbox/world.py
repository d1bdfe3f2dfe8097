"""The outside world on loopback, from real parts where a real part exists; and the bot beside it, as an operator would run it.

Two gun relays (npm), a Mastodon server (PyPI) behind a proxy that can lose answers, a simulated X, a simulated market, and the
money of `money.py`. Every child ends when this process does, however it ends.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from maskbot.domain.errors import Unavailable
from maskbot.sandbox.fault_proxy import FaultProxy
from maskbot.sandbox.gun import GunRelay
from maskbot.sandbox.mastodon import MastodonServer, SandboxAccount
from maskbot.sandbox.money import Money
from maskbot.sandbox.people import OnMastodon, OnX
from maskbot.sandbox.process import ChildProcess
from maskbot.sandbox.x_server.control import XControl

BOT = "maskbot"
ON_MASTODON = ("alice", "dave", "erin", "judy", "kate")
ON_X = ("bob", "carol", "frank", "liam", "omar")
_SMALL_WINDOWS = {
    "MASKBOT_TICK_S": "0.25",
    "MASKBOT_QUIET_S": "1",
    "MASKBOT_LEASE_S": "45",
    "MASKBOT_X_POLL_S": "1",
    "MASKBOT_FEED_POLL_S": "1",
    "MASKBOT_MASTODON_POLL_S": "2",
    "MASKBOT_LOOK_GAP_S": "1",
    "MASKBOT_LOOK_QUIET_S": "3",
    "MASKBOT_KEYS_GRACE_S": "20",
    "MASKBOT_HEALTH_PORT": "0",
    "MASKBOT_ALLOW_PRIVATE_ADDRESSES": "true",
    "MASKBOT_LOG_FORMAT": "json",
    "MASKBOT_X_DAILY_BUDGET_USD": "100",
}


class World:
    """Everything in one directory. `start` brings it up and the bot with it; `stop` ends it all."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.home = directory / "bot"
        self._stack = ExitStack()
        self.relays: list[GunRelay] = []
        self.bot: ChildProcess | None = None
        self.money = Money(directory)
        self._account_ids: dict[str, str] = {}

    def start(self) -> None:
        """Start the servers and the bot, and give the bot its accounts. Raises Unavailable if a part does not start."""
        self.money.start(self._stack)
        self.relays = [self._stack.enter_context(GunRelay(self.directory / f"relay-{n}")) for n in (1, 2)]
        self._x = self._server("maskbot.sandbox.x_server")
        self._market = self._server("maskbot.sandbox.market_server")
        self.x_url, self.market_url = f"http://127.0.0.1:{self._x.port}", f"http://127.0.0.1:{self._market.port}"
        self._spawn_bot()  # boots while the rest of the world starts
        accounts = [SandboxAccount(BOT, is_bot=True), *(SandboxAccount(name) for name in ON_MASTODON)]
        self.mastodon = self._stack.enter_context(MastodonServer(self.directory / "mastodon", accounts=accounts))
        self.proxy = self._stack.enter_context(FaultProxy(self.mastodon.port))
        self.x = XControl(self.x_url)
        self.x.switch(has_limits=False)  # the bot looks every second here, which X's own limits bear for five minutes
        self.x_keys = self.x.add_user(BOT)
        for name in ON_X:
            self.x.add_user(name)
        self.money.finish()
        self._await_bot()
        self._introduce_accounts()

    def stop(self) -> None:
        """End the bot first, then the world."""
        if self.bot is not None:
            self.bot.end()
        self._stack.close()

    def person(self, platform: str, name: str) -> OnMastodon | OnX:
        """Somebody, by platform and name."""
        return OnX(name, base_url=self.x_url) if platform == "x" else self.on_mastodon(name)

    def on_mastodon(self, name: str) -> OnMastodon:
        """Somebody on Mastodon."""
        return OnMastodon(name, base_url=self.mastodon.base_url, token=SandboxAccount(name).token)

    def facts(self) -> dict[str, Any]:
        """How to reach this world from another process."""
        return {
            "mastodon": self.mastodon.base_url,
            "x": self.x_url,
            "chain": self.money.anvil.url,
            "home": str(self.home),
            "environment": self.settings(),
        }

    def settings(self) -> dict[str, str]:
        """The bot's variables here."""
        return {
            **_SMALL_WINDOWS,
            **self.money.settings(),
            "MASKBOT_HOME": str(self.home),
            "MASKBOT_GUN_RELAYS": ",".join(relay.url for relay in self.relays),
            "MASKBOT_X_API_BASE_URL": self.x_url,
            "MASKBOT_COINGECKO_BASE_URL": f"{self.market_url}/api/v3",
            "MASKBOT_COINMARKETCAP_BASE_URL": self.market_url,
            "MASKBOT_COINMARKETCAP_API_KEY": "sandbox",
            "MASKBOT_GECKOTERMINAL_BASE_URL": f"{self.market_url}/api/v2",
            "MASKBOT_DEFILLAMA_BASE_URL": self.market_url,
            "MASKBOT_EXCHANGE_BASE_URL": self.market_url,
        }

    def command(self, *words: str, stdin: str = "") -> str:
        """What an operator types: `maskbot <words>`; its standard output. Raises Unavailable with its complaint."""
        ran = subprocess.run(
            [sys.executable, "-m", "maskbot", *words],
            env=self._environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if ran.returncode:
            raise Unavailable(
                f"`maskbot {words[0]} {words[1] if len(words) > 1 else ''}` said: {ran.stderr.strip()[-500:]}"
            )
        return ran.stdout

    def listing(self, *words: str) -> list[dict[str, Any]]:
        """The rows of a command with `--json`."""
        rows: list[dict[str, Any]] = json.loads(self.command(*words, "--json"))
        return rows

    def record(self, *words: str, stdin: str = "") -> dict[str, Any]:
        """The one record a command with `--json` tells."""
        told: dict[str, Any] = json.loads(self.command(*words, "--json", stdin=stdin))
        return told

    def account_id(self, platform: str) -> str:
        """The id of the bot's account on a platform."""
        if platform not in self._account_ids:
            self._account_ids = {str(row["platform"]): str(row["id"]) for row in self.listing("account", "list")}
        return self._account_ids[platform]

    def redis_socket(self) -> Path:
        """The socket of the bot's Redis."""
        return self.home / "redis" / "run" / "redis.sock"

    def bot_processes(self) -> dict[str, int]:
        """Process ids of the bot's parts, by name, as its supervisor tells them."""
        status = json.loads((self.home / "supervisor" / "status.json").read_text())
        return {child["name"]: child["pid"] for child in status["children"] if child["pid"]}

    def _server(self, module: str) -> ChildProcess:
        child = ChildProcess(
            ["-m", module, "--port", "0"], log=self.directory / f"{module.rsplit('.', 1)[-1]}.log", tells_port=True
        )
        self._stack.callback(child.end, grace_s=3.0)
        return child

    def _environment(self) -> dict[str, str]:
        foreign = {key: each for key, each in os.environ.items() if not key.startswith("MASKBOT_")}
        return {**foreign, **self.settings()}

    def _spawn_bot(self) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        self.bot = ChildProcess(["-m", "maskbot", "up"], log=self.directory / "bot.log", env=self._environment())

    def _await_bot(self) -> None:
        deadline = time.monotonic() + 30
        while not self._is_up():
            if time.monotonic() > deadline or self.bot is None or not self.bot.is_running:
                raise Unavailable(f"the bot did not start; see {self.directory / 'bot.log'}")
            time.sleep(0.05)

    def _is_up(self) -> bool:
        try:
            return {"vault", "worker", "tend"} <= set(self.bot_processes())
        except (OSError, ValueError, KeyError):
            return False

    def _introduce_accounts(self) -> None:
        """The operator adds both accounts, and has the home timelines and carol on X watched."""
        token = SandboxAccount(BOT).token
        keys = {
            name: getattr(self.x_keys, name)
            for name in ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        }
        with ThreadPoolExecutor(2) as at_once:
            on_mastodon = ("account", "add", "mastodon", self.proxy.base_url, "--token-file", "-")
            on_x = ("account", "add", "x", "--keys-file", "-")
            for done in [
                at_once.submit(self.command, *on_mastodon, stdin=token),
                at_once.submit(self.command, *on_x, stdin=json.dumps(keys)),
            ]:
                done.result()
        as_bot = OnMastodon(BOT, base_url=self.mastodon.base_url, token=SandboxAccount(BOT).token)
        for name in ON_MASTODON:
            as_bot.follow(name)
        for name in ON_X:
            self.x.follow(BOT, user=name)
