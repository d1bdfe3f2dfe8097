"""What most commands begin with: settings, the parts, the tenant, a vault, and a sign of life while they work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from maskbot.assembly import App, assemble
from maskbot.cli.vault_life import vault_running
from maskbot.settings import Settings, load_settings

DEFAULT_TENANT = "default"

TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="Whose things: the name of a tenant.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def opened(*, with_vault: bool = False) -> Iterator[App]:
    """The parts, closed at the end. `with_vault` starts a vault for the time of the command if none is running."""
    settings = load_settings()
    quiet_logs(settings)
    app = assemble(settings)
    try:
        if with_vault:
            _ = app.store  # the schema must be there before the vault looks for its table
            with vault_running(settings):
                yield app
        else:
            yield app
    finally:
        app.close()


def tenant_id_of(app: App, name: str) -> str:
    """The id of the tenant with this name. The default tenant is made when first used; another has to be added first.

    Raises:
        Refused: no such tenant.
    """
    from maskbot.domain.errors import Refused

    if name == DEFAULT_TENANT:
        return app.admin.add_tenant(name, now_ms=app.clock.now_ms())
    for row in app.admin.tenants():
        if name in (row["name"], row["id"]):
            return str(row["id"])
    raise Refused(f"no tenant {name}; add it with: maskbot tenant add {name}", kind="NoSuchTenant")


def quiet_logs(settings: Settings) -> None:
    """Only what went wrong is logged, and to standard error, so that a command's output is its own."""
    from maskbot.adapters.logs import configure_logs

    level = "DEBUG" if settings.log_level == "DEBUG" else "ERROR"
    configure_logs(level=level, form=settings.log_format, program="maskbot.cli")


def _tell_nobody(_done: int, _total: int) -> None:
    """Nobody watches."""


@contextmanager
def working(what: str) -> Iterator[Callable[[int, int], None]]:
    """A spinner on standard error while something takes its time; nothing when it is no terminal.

    What it gives may be called with how much is done and how much there is in all.
    """
    if not sys.stderr.isatty():
        yield _tell_nobody
        return
    from rich.console import Console

    with Console(stderr=True).status(what) as status:
        yield lambda done, total: status.update(f"{what}: {done:,} of {total:,}")
