"""An operator at the command line: a home of its own, a vault on its socket, and commands run in this process."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from maskbot.adapters.store.secrets import SqlSecrets
from maskbot.adapters.vault.kek import KekSource
from maskbot.adapters.vault.keyring import Keyring
from maskbot.adapters.vault.server import VaultServer
from maskbot.adapters.vault.signer import PaymentSigner
from maskbot.assembly import App, assemble
from maskbot.cli.root import main
from maskbot.sandbox.chain import Anvil
from maskbot.settings import Settings
from tests.fakes.empty_store import new_database
from tests.fakes.house import BOT_ON_X


@dataclass(frozen=True, slots=True)
class Ran:
    """What one command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as JSON."""
        assert self.status == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Operator:
    """Runs commands in a home; `parts` looks into the same home."""

    settings: Settings
    parts: App
    environment: Mapping[str, str]

    def run(self, *words: str, stdin: str = "", **variables: str) -> Ran:
        """Run `maskbot <words>`."""
        out, err = io.StringIO(), io.StringIO()
        with (
            _as_it_was(),
            _environment({**self.environment, **variables}),
            _stdin(stdin),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                main(words)
            except SystemExit as left:
                status = left.code if isinstance(left.code, int) else 1
        return Ran(status, out.getvalue(), err.getvalue())


@contextlib.contextmanager
def operator_at_work(*, with_vault: bool = True, **settings: object) -> Iterator[Operator]:
    """A home with a fresh database, and a vault that answers; both gone at the end."""
    home = Path(tempfile.mkdtemp(prefix="mb-c-"))  # short: a socket path has 107 bytes at most
    made = Settings(home=home, **settings)  # type: ignore[arg-type]  # any of its fields
    parts = assemble(made)
    new_database(home / "maskbot.db")
    keyring = Keyring(SqlSecrets(parts.store), source=KekSource(path=made.kek_file_path))
    signer = PaymentSigner(keyring, store=parts.store, clock=parts.clock)
    server = VaultServer(keyring, path=made.vault_socket_path, wallets=signer)
    environment = {"MASKBOT_HOME": str(home)}
    for name, value in settings.items():
        environment[f"MASKBOT_{name.upper()}"] = ",".join(value) if isinstance(value, tuple) else str(value)
    try:
        if with_vault:
            server.start()
        yield Operator(made, parts, environment)
    finally:
        parts.close()
        server.stop()
        shutil.rmtree(home)


def chains_file(folder: Path, anvil: Anvil, *lines: str) -> Path:
    """A chains file that names this node, which finds a transaction final two blocks later; `lines` are added to its chain."""
    chain = [
        f"[chain.{anvil.chain_id}]",
        'name = "anvil"',
        f'nodes = ["{anvil.url}"]',
        "final_depth = 2",
        "has_finalized = false",
    ]
    path = folder / "chains.toml"
    path.write_text("\n".join((*chain, *lines, "")))
    path.chmod(0o600)
    return path


def host_on_x(parts: App) -> str:
    """@maskbot on X is hosted in the tenant `default`; the tenant's id."""
    admin, now_ms = parts.admin, parts.clock.now_ms()
    tenant_id = admin.add_tenant("default", now_ms=now_ms)
    admin.add_account(
        admin.account_id_for(BOT_ON_X),
        tenant_id=tenant_id,
        profile=BOT_ON_X,
        api_base_url="https://api.x.com",
        sealed_token=b"sealed",
        now_ms=now_ms,
    )
    return tenant_id


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    for name in list(os.environ):
        if name.startswith("MASKBOT_"):
            del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _stdin(text: str) -> Iterator[None]:
    before = sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8")
    try:
        yield
    finally:
        sys.stdin = before


@contextlib.contextmanager
def _as_it_was() -> Iterator[None]:
    """Logging and the hooks for uncaught exceptions, which a command sets up for its process."""
    root = logging.getLogger()
    before = (root.handlers, root.level, sys.excepthook, threading.excepthook)
    try:
        yield
    finally:
        root.handlers, sys.excepthook, threading.excepthook = before[0], before[2], before[3]
        root.setLevel(before[1])
        structlog.reset_defaults()
