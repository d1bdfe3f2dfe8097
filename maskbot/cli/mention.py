"""`maskbot mention`: collected posts, what became of them, and another try for those that were parked."""

from __future__ import annotations

from typing import Annotated

import typer

from maskbot.cli.noun import make_noun
from maskbot.cli.session import JsonOption, opened
from maskbot.cli.show import show_fields, show_rows
from maskbot.domain.states import MENTION

app = make_noun("Collected posts.")


@app.command("list")
def list_mentions(
    state: Annotated[str | None, typer.Option(help=f"Only those that are {', '.join(MENTION.moves)}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, newest first.")] = 50,
    as_json: JsonOption = False,
) -> None:
    """List collected posts, newest first. Their text is not shown."""
    with opened() as parts:
        rows = parts.admin.mentions(state=state, limit=limit)
    columns = ("id", "state", "reason", "verb", "person", "post_id", "via", "received_at_ms")
    show_rows(rows, columns, as_json=as_json, empty="no mentions")


@app.command("replay")
def replay(
    mention_id: Annotated[str, typer.Argument(help="The mention's id, from `maskbot mention list`.")],
    as_json: JsonOption = False,
) -> None:
    """Take up a parked or unanswered mention again. Its answer is still published once."""
    with opened() as parts:
        parts.admin.replay_mention(mention_id, now_ms=parts.clock.now_ms())
    show_fields({"id": mention_id, "state": "new"}, as_json=as_json)
