"""`maskbot audit`: what happened with money, as a chain of hashes. Exit status 2 when it is broken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from maskbot.cli.noun import make_noun
from maskbot.cli.session import JsonOption, opened
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.audit import AuditBroken, Entry, verified
from maskbot.domain.errors import Malformed
from maskbot.ports.store import Work

app = make_noun("What happened with money.")
PAGE = 1000


@app.command("verify")
def verify(
    published: Annotated[
        str | None, typer.Option("--head", help="SEQ:HASH, a head that was published: it has to be in the chain.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Check every entry, and that the newest one is the head. Publish what it prints, so that nobody can rewrite the past."""
    wanted = None if published is None else _head(published)
    with opened() as parts, parts.store.read() as work:
        head = work.treasury.audit.head()
        for entry in verified(_entries(work), head=head):
            if wanted is not None and entry.seq == wanted[0] and entry.hash != wanted[1]:
                raise AuditBroken(entry.seq, f"audit entry {entry.seq} is not the one that was published")
    if wanted is not None and wanted[0] > head[0]:
        raise AuditBroken(head[0] + 1, f"the audit ends at {head[0]}, before the published entry {wanted[0]}")
    show_fields({"entries": head[0], "head": f"{head[0]}:{head[1].hex()}"}, as_json=as_json)


@app.command("show")
def show(
    after: Annotated[int, typer.Option("--after", help="Entries behind this number.")] = 0,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000)] = 100,
    as_json: JsonOption = False,
) -> None:
    """Show entries, oldest first."""
    with opened() as parts, parts.store.read() as work:
        entries = work.treasury.audit.page(after_seq=after, limit=limit)
    rows = [
        {"seq": one.seq, "at_ms": one.at_ms, "actor": one.what.actor, "action": one.what.action}
        | {"subject": one.what.subject, "digest": one.what.digest.hex(), "hash": one.hash.hex()}
        for one in entries
    ]
    show_rows(rows, ("seq", "at_ms", "actor", "action", "subject"), as_json=as_json, empty="nothing has happened yet")


def _entries(work: Work) -> Iterator[Entry]:
    seq = 0
    while page := work.treasury.audit.page(after_seq=seq, limit=PAGE):
        yield from page
        seq = page[-1].seq


def _head(text: str) -> tuple[int, bytes]:
    seq, _, digest = text.partition(":")
    try:
        return int(seq[:18]), bytes.fromhex(digest)
    except ValueError as error:
        raise Malformed("a head reads like 12:3fa9...") from error
