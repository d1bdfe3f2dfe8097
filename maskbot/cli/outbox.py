"""`maskbot outbox`: deliveries, their states, and jobs that gave up."""

from __future__ import annotations

from typing import Annotated

import typer

from maskbot.cli.noun import make_noun
from maskbot.cli.session import JsonOption, opened
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.errors import Refused
from maskbot.domain.states import DELIVERY

app = make_noun("Posts on their way out.")


@app.command("list")
def list_deliveries(
    state: Annotated[str | None, typer.Option(help=f"Only those that are {', '.join(DELIVERY.moves)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List deliveries, newest first. The drafts are not shown."""
    with opened() as parts:
        rows = parts.admin.deliveries(state=state, limit=limit)
    columns = ("id", "state", "account_id", "remote_id", "error_kind", "created_at_ms", "updated_at_ms")
    show_rows(rows, columns, as_json=as_json, empty="the outbox is empty")


@app.command("show")
def show_delivery(delivery_id: Annotated[str, typer.Argument()], as_json: JsonOption = False) -> None:
    """Show one delivery with its draft."""
    with opened() as parts, parts.store.read() as work:
        found = work.deliveries.load([delivery_id]).get(delivery_id)
    if found is None:
        raise Refused(f"no delivery {delivery_id}; see `maskbot outbox list`", kind="NoSuchRow")
    show_fields(
        {
            "id": found.id,
            "state": found.state,
            "account_id": found.account_id,
            "mention_id": found.mention_id,
            "broadcast_id": found.broadcast_id,
            "remote_id": found.remote_id,
            "idempotency_key": found.key,
            "looks": found.looks,
            "sending_at_ms": found.sending_at_ms,
            "unknown_since_ms": found.unknown_since_ms,
            "expires_at_ms": found.expires_at_ms,
            "visibility": found.draft.visibility.value,
            "in_reply_to_id": found.draft.in_reply_to_id,
            "text": found.draft.text,
        },
        as_json=as_json,
    )


@app.command("parked")
def list_parked(limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50, as_json: JsonOption = False) -> None:
    """List jobs that gave up and wait for a person."""
    with opened() as parts:
        rows = parts.admin.jobs(state="parked", limit=limit)
    show_rows(
        rows, ("id", "kind", "target_id", "error_kind", "tries", "due_at_ms"), as_json=as_json, empty="no parked jobs"
    )


@app.command("retry")
def retry(
    job_id: Annotated[str | None, typer.Argument(help="A parked job's id; all parked jobs when left out.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Let parked jobs try again, now."""
    with opened() as parts:
        count = parts.admin.unpark(job_id, now_ms=parts.clock.now_ms())
    show_fields({"unparked": count}, as_json=as_json)
