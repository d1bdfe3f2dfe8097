"""`maskbot tenant`: DAOs or people that share one service and cannot see or spend each other's things."""

from __future__ import annotations

from typing import Annotated

import typer

from maskbot.cli.noun import make_noun
from maskbot.cli.session import JsonOption, opened
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.errors import Malformed

app = make_noun("Tenants of this service.")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="1 to 64 letters, digits, '-', '_' or '.'.")], as_json: JsonOption = False
) -> None:
    """Add a tenant; adding it again changes nothing."""
    if not 0 < len(name) <= 64 or not all(char.isalnum() or char in "-_." for char in name):
        raise Malformed("a tenant's name has 1 to 64 letters, digits, '-', '_' or '.'")
    with opened() as parts:
        tenant_id = parts.admin.add_tenant(name, now_ms=parts.clock.now_ms())
        show_fields({"id": tenant_id, "name": name}, as_json=as_json)


@app.command("list")
def list_tenants(as_json: JsonOption = False) -> None:
    """List the tenants."""
    with opened() as parts:
        rows = parts.admin.tenants()
    show_rows(
        rows, ("id", "name", "created_at_ms"), as_json=as_json, empty="no tenants yet; `default` is made when used"
    )
