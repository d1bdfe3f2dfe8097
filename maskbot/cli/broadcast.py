"""`maskbot broadcast`: one encrypted message for an audience, published on several accounts at its slot; keys before posts."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from maskbot.assembly import App
from maskbot.cli.contact import author_of
from maskbot.cli.lookup import NotFound, find_account, find_persona, read_public_key
from maskbot.cli.noun import make_noun
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of, working
from maskbot.cli.show import show_fields, show_json, show_rows
from maskbot.domain.errors import Malformed, Misconfigured, Refused
from maskbot.domain.identity import PublicKey
from maskbot.domain.post import Visibility
from maskbot.flows.decide.broadcast import BroadcastPlan, add_recipients, plan_broadcast

app = make_noun("Encrypted messages for an audience.")

BroadcastArgument = Annotated[str, typer.Argument(help="The broadcast's id, from `maskbot broadcast list`.")]
RecipientsOption = Annotated[
    list[str] | None, typer.Option("--to", help="A contact's handle, or a public key. Can be repeated.")
]
RecipientsFileOption = Annotated[
    Path | None, typer.Option("--to-file", help="A file with one recipient a line ('-': standard input).")
]
TEXT_LIMIT_BYTES = 1 << 20


class SilentBell:
    """A `Notice` that does nothing: the service's ticker finds new work within a second."""

    def ring(self, queues: Mapping[str, int]) -> None:
        """Nothing."""


@app.command("plan")
def plan(
    persona: Annotated[str, typer.Option("--persona", "-p", help="Who writes: a persona's name or id.")],
    account: Annotated[
        list[str], typer.Option("--account", "-a", help="Where: an account's handle or id. Can be repeated.")
    ],
    text: Annotated[
        str | None, typer.Option(help="The message. Better in a file: arguments are seen by others.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="A file with it ('-': standard input).")] = None,
    to: RecipientsOption = None,
    to_file: RecipientsFileOption = None,
    public: Annotated[bool, typer.Option("--public", help="Everybody with the extension may read it.")] = False,
    at: Annotated[
        str, typer.Option(help="`now`, `+90m`, or a time such as 2026-12-01T18:00+01:00 (UTC without zone).")
    ] = "now",
    title: Annotated[str, typer.Option(help="A label of your own; it is not published.")] = "",
    visibility: Annotated[Visibility, typer.Option(help="On Mastodon.")] = Visibility.PUBLIC,
    picture: Annotated[bool, typer.Option("--picture", help="Carry it in a picture instead of a link.")] = False,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Seal a message now and publish it at its slot, once every relay holds its keys."""
    content = read_text(text, file)
    with opened(with_vault=True) as parts:
        tenant_id = tenant_id_of(parts, tenant)
        accounts = [find_account(parts, name, tenant_id=tenant_id) for name in account]
        recipients = find_recipients(parts, to, to_file, tenant_id=tenant_id)
        if public and recipients:
            raise Malformed("a public broadcast has no recipients: leave --public or --to out")
        order = BroadcastPlan(
            text=content,
            persona=find_persona(parts, persona, tenant_id=tenant_id),
            accounts=accounts,
            recipients=None if public else recipients,
            slot_at_ms=read_slot(at, now_ms=parts.clock.now_ms()),
            title=title,
            visibility=visibility,
            is_picture=picture,
        )
        with working("sealing") as on_progress:
            broadcast_id = plan_broadcast(
                order,
                relays=parts.settings.gun_relays,
                limits={each.id: parts.publisher_of(each.id).limits() for each in accounts},
                store=parts.store,
                secrets=parts.vault,
                clock=parts.clock,
                entropy=parts.entropy,
                notice=SilentBell(),
                on_progress=on_progress,
            )
    shown = {"id": broadcast_id, "slot_at_ms": order.slot_at_ms, "recipients": len(recipients), "is_public": public}
    show_fields(shown, as_json=as_json)


@app.command("add-recipient")
def add_recipient(
    broadcast_id: BroadcastArgument,
    to: RecipientsOption = None,
    to_file: RecipientsFileOption = None,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Let more people read a broadcast, before or after it was published. The post stays as it is."""
    with opened(with_vault=True) as parts:
        tenant_id = tenant_id_of(parts, tenant)
        recipients = find_recipients(parts, to, to_file, tenant_id=tenant_id)
        if not recipients:
            raise Malformed("name at least one recipient with --to or --to-file")
        with working("sealing") as on_progress:
            count = add_recipients(
                broadcast_id,
                recipients,
                tenant_id=tenant_id,
                relays=parts.settings.gun_relays,
                store=parts.store,
                secrets=parts.vault,
                clock=parts.clock,
                entropy=parts.entropy,
                notice=SilentBell(),
                on_progress=on_progress,
            )
    show_fields({"id": broadcast_id, "added": count}, as_json=as_json)


@app.command("list")
def list_broadcasts(
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="At most so many, latest slot first.")] = 50,
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """List broadcasts with how far each has got."""
    with opened() as parts:
        rows = _rows_of(parts, tenant_id_of(parts, tenant), limit=limit)
    columns = ("id", "title", "state", "slot_at_ms", "recipients", "relays", "accounts")
    show_rows(rows, columns, as_json=as_json, empty="no broadcasts yet")


@app.command("show")
def show(broadcast_id: BroadcastArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Show one broadcast: keys by relay, posts by account."""
    with opened() as parts:
        row = _row_of(parts, broadcast_id, tenant_id_of(parts, tenant))
    if as_json:
        show_json(row)
        return
    show_fields({name: value for name, value in row.items() if name not in ("relays", "accounts")}, as_json=False)
    print()
    show_rows(row["relays"], ("relay", "done", "batches"), as_json=False, empty="no keys to publish")
    print()
    show_rows(row["accounts"], ("handle", "state", "remote_id"), as_json=False, empty="no accounts")


@app.command("cancel")
def cancel(broadcast_id: BroadcastArgument, tenant: TenantOption = DEFAULT_TENANT, as_json: JsonOption = False) -> None:
    """Cancel a broadcast none of whose posts is out."""
    with opened() as parts:
        _row_of(parts, broadcast_id, tenant_id_of(parts, tenant))
        parts.admin.cancel_broadcast(broadcast_id, now_ms=parts.clock.now_ms())
    show_fields({"id": broadcast_id, "state": "cancelled"}, as_json=as_json)


def read_text(text: str | None, file: Path | None) -> str:
    """The message from the option or the file. Raises Malformed unless exactly one is given and holds UTF-8 text."""
    if (text is None) == (file is None):
        raise Malformed("give the message either with --text or with --file")
    if text is not None:
        return text
    try:
        if str(file) == "-":
            content = sys.stdin.buffer.read(TEXT_LIMIT_BYTES + 1)
        else:
            with Path(str(file)).open("rb") as source:
                content = source.read(TEXT_LIMIT_BYTES + 1)
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read ({error.strerror})") from error
    try:
        return content.decode("utf-8").rstrip("\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"{file} is no UTF-8 text") from error


def read_slot(text: str, *, now_ms: int) -> int:
    """A slot as Unix milliseconds: `now`, `+<number>s|m|h|d`, or an ISO time. Raises Malformed for others, Refused for the past."""
    if text == "now":
        return now_ms
    if text.startswith("+") and text[1:-1].isdecimal() and text[-1] in "smhd" and len(text) <= 8:
        unit_s = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}[text[-1]]
        return now_ms + int(timedelta(seconds=int(text[1:-1]) * unit_s).total_seconds() * 1000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"--at takes `now`, `+90m` or a time such as 2026-12-01T18:00+01:00; got {text}") from error
    slot_at_ms = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    if slot_at_ms < now_ms - 60_000:
        raise Refused(f"the slot {moment.isoformat()} is over; name a later time, or `now`", kind="SlotIsOver")
    return slot_at_ms


def find_recipients(
    parts: App, names: Sequence[str] | None, file: Path | None, *, tenant_id: str
) -> tuple[PublicKey, ...]:
    """The public keys of the named people, in order, each once. Names every contact that is missing or whose key changed."""
    wanted = [*(names or ())]
    if file is not None:
        wanted += [line.strip() for line in read_text(None, file).splitlines() if line.strip() and line[0] != "#"]
    keys: dict[PublicKey, None] = {}
    missing, changed = [], []
    with parts.store.read() as work:
        for name in wanted:
            if name.startswith(("ec_key:", "0x")) or len(name) == 66:
                keys[read_public_key(name)] = None
                continue
            contact = work.contacts.find(tenant_id=tenant_id, author=author_of(name))
            if contact is None:
                missing.append(name)
            elif contact.is_changed:
                changed.append(name)
            else:
                keys[contact.public_key] = None
    if missing:
        raise NotFound(f"no contact {', '.join(missing[:10])}; add them with `maskbot contact add HANDLE`")
    if changed:
        raise Refused(
            f"the key of {', '.join(changed[:10])} changed; ask them, and set it with `maskbot contact add HANDLE --key KEY`",
            kind="KeyChanged",
        )
    return tuple(keys)


def _rows_of(parts: App, tenant_id: str, *, limit: int) -> list[dict[str, Any]]:
    return [row for row in parts.admin.broadcasts(limit=limit) if row["tenant_id"] == tenant_id]


def _row_of(parts: App, broadcast_id: str, tenant_id: str) -> dict[str, Any]:
    for row in _rows_of(parts, tenant_id, limit=100_000):
        if row["id"] == broadcast_id:
            return row
    raise NotFound(f"no broadcast {broadcast_id} in this tenant; see `maskbot broadcast list`")
