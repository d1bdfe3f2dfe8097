"""`maskbot db`: bring the database to this version's schema, and back it up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from maskbot.cli.noun import make_noun
from maskbot.cli.session import JsonOption, opened, quiet_logs, working
from maskbot.cli.show import show_fields
from maskbot.settings import load_settings, prepare

app = make_noun("The database.")


@app.command("upgrade")
def upgrade_database(as_json: JsonOption = False) -> None:
    """Bring the database to this version's schema; SQLite is backed up first. Safe to repeat and to interrupt."""
    from maskbot.adapters.store.upgrade import upgrade

    settings = load_settings()
    quiet_logs(settings)
    prepare(settings)
    with working("upgrading the database"):
        backup = upgrade(settings.database)
    show_fields({"state": "current", "backup": backup}, as_json=as_json)


@app.command("backup")
def backup_database(
    path: Annotated[Path, typer.Argument(help="A new file, made with mode 0600.")], as_json: JsonOption = False
) -> None:
    """Copy a SQLite database in use and check the copy. The key-encryption key is not in it: back that up apart."""
    with opened() as parts, working("copying the database"):
        made = parts.admin.backup(path)
    show_fields({"backup": str(made), "size_bytes": made.stat().st_size}, as_json=as_json)
