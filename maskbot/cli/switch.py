"""`maskbot switch`: pause and resume. A switch lies in the store: it holds for every process and survives restarts."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from maskbot.cli.noun import make_noun
from maskbot.cli.session import JsonOption, opened
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.errors import Malformed

app = make_noun("Pause and resume the service.")

_SCOPES = "global, deliveries, payments, claims, resends, tenant:ID, account:ID, chain:ID, wallet:ID or verb:WORD"
ScopeArgument = Annotated[str, typer.Argument(help=f"What: {_SCOPES}.")]


@app.command("pause")
def pause(
    scope: ScopeArgument,
    reason: Annotated[str, typer.Option(help="Why; shown in the list.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Pause a scope. Mentions are still collected; nothing in the scope is answered or posted until it is resumed."""
    _flip(scope, is_on=False, reason=reason, as_json=as_json)


@app.command("resume")
def resume(
    scope: ScopeArgument,
    reason: Annotated[str, typer.Option(help="Why; shown in the list.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Resume a scope."""
    _flip(scope, is_on=True, reason=reason, as_json=as_json)


@app.command("list")
def list_switches(as_json: JsonOption = False) -> None:
    """List every switch that was ever flipped."""
    with opened() as parts:
        rows = parts.admin.switches()
    columns = ("scope", "is_on", "reason", "who", "at_ms")
    show_rows(rows, columns, as_json=as_json, empty="everything runs; no switch was ever flipped")


def _flip(scope: str, *, is_on: bool, reason: str, as_json: bool) -> None:
    head, _, name = scope.partition(":")
    is_whole = scope in ("global", "deliveries", "payments", "claims", "resends")
    if not is_whole and (head not in ("tenant", "account", "chain", "wallet", "verb") or not name):
        raise Malformed(f"a scope is one of {_SCOPES}; got {scope}")
    with opened() as parts, parts.store.write() as work:
        work.switches.flip(scope, is_on=is_on, reason=reason, who=_operator(), now_ms=parts.clock.now_ms())
    show_fields({"scope": scope, "is_on": is_on}, as_json=as_json)


def _operator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
