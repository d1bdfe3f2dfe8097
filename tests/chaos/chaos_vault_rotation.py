"""Key rotation of 10,000 rows, killed with -9 five times on the way (reliability.md R32): both keys open meanwhile, all open after.

`python -m tests.chaos.chaos_vault_rotation` prints what it saw and fails on the first secret that does not open.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from maskbot.adapters.store.secrets import SqlSecrets
from maskbot.adapters.store.tables_outbox import secret
from maskbot.adapters.store.upgrade import upgrade
from maskbot.adapters.store.work import SqlStore, open_store
from maskbot.adapters.vault.envelope import new_row, pack_map
from maskbot.adapters.vault.kek import KekSource
from maskbot.adapters.vault.keyring import Keyring
from maskbot.wire.crypto import sha256

ROWS = 10_000
KILLS = 5


def main() -> None:
    """Rotate, kill, look, and let the last rotation end."""
    with tempfile.TemporaryDirectory(prefix="mb-c-") as folder:
        home = Path(folder)
        url = f"sqlite:///{home}/maskbot.db"
        upgrade(url)
        store = open_store(url)
        source = KekSource(path=home / "kek")
        fill(store, source)
        for kill in range(KILLS):
            cut_rotation(store, home)
            say(f"kill {kill + 1}: rows by key {sorted(by_key(store).values())}")
            look(store, source, step=997)
        subprocess.run(command(), env=environment(home), check=True)
        if len(by_key(store)) != 1:
            raise AssertionError("rows are left under a former key")
        source.path.with_name("kek.former").unlink()
        say(f"{look(store, source, step=1):,} of {ROWS:,} secrets open under the new key alone")
        store.close()


def fill(store: SqlStore, source: KekSource) -> None:
    """Persona rows as the vault writes them."""
    kek = source.load(may_create=True).current
    made = [
        new_row(
            f"persona:{number}",
            tenant_id="t",
            purpose="persona",
            secret=pack_map({"private_key": sha256(number.to_bytes(4, "big")), "local_key": None, "mnemonic": None}),
            public_key=b"\x02" * 33,
            kek=kek,
        )
        for number in range(ROWS)
    ]
    names = ("id", "tenant_id", "purpose", "kek_id", "wrapped_key", "sealed", "public_key")
    with store.transaction() as connection:
        connection.execute(
            secret.insert(), [{name: getattr(row, name) for name in names} | {"created_at_ms": 0} for row in made]
        )


def cut_rotation(store: SqlStore, home: Path) -> None:
    """Start a rotation and kill it as soon as it has moved something."""
    before = by_key(store)
    rotation = subprocess.Popen(command(), env=environment(home), stdout=subprocess.DEVNULL)
    while rotation.poll() is None and by_key(store) == before:
        pass
    rotation.kill()
    rotation.wait()


def look(store: SqlStore, source: KekSource, *, step: int) -> int:
    """Use every `step`th key as a vault that starts now would; how many were used."""
    keyring = Keyring(SqlSecrets(store), source=source)
    return sum(len(keyring.sign(persona_id=str(number), message=b"")) == 65 for number in range(0, ROWS, step))


def by_key(store: SqlStore) -> Mapping[str, int]:
    """How many rows each key-encryption key wraps."""
    with store.snapshot() as connection:
        rows = connection.exec_driver_sql("SELECT kek_id, count(*) FROM secret GROUP BY kek_id").all()
    return {str(kek_id): int(count) for kek_id, count in rows}


def command() -> list[str]:
    """The operator's command."""
    return [sys.executable, "-m", "workers.run", "rewrap"]


def environment(home: Path) -> dict[str, str]:
    """Ours, with this home and no other setting of maskbot."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MASKBOT_")} | {
        "MASKBOT_HOME": str(home)
    }


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
