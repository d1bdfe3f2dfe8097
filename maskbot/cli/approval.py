"""`maskbot approval`: payments that wait for somebody's yes, and how to stop one."""

from __future__ import annotations

from typing import Annotated

import typer

from maskbot.cli.lookup import find_account
from maskbot.cli.noun import make_noun
from maskbot.cli.session import DEFAULT_TENANT, JsonOption, TenantOption, opened, tenant_id_of
from maskbot.cli.show import show_fields, show_rows
from maskbot.cli.who import operator
from maskbot.domain.approval import ID_LETTERS, account_approver, approval_code
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.spending import Approval, approval_text
from maskbot.domain.transaction import Intent
from maskbot.flows.decide.payment import cancel_payment, record_approval
from maskbot.wire.crypto import address_text
from maskbot.wire.transaction import KEY_PREFIX, signer_of_text

app = make_noun("Payments that wait for people.")

PaymentArgument = Annotated[str, typer.Argument(help="A payment's id, from `maskbot approval list`.")]
SignatureOption = Annotated[
    str | None,
    typer.Option("--signature", help="65 bytes in hex over `maskbot approval message ID`, by a key the policy lists."),
]


@app.command("list")
def list_payments(
    every: Annotated[bool, typer.Option("--all", help="Payments in every state, newest first.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="With --all: at most so many.")] = 1_000,
    as_json: JsonOption = False,
) -> None:
    """List payments that wait for approval, with the words by which a listed account says yes in a mention of the bot."""
    with opened() as parts, parts.store.read() as work:
        intents = work.treasury.intents.newest(limit=limit) if every else work.treasury.intents.waiting()
        rows = [
            _shown(one) | {"agreed": [said.approver for said in work.treasury.rules.approvals(one.id) if said.is_yes]}
            for one in intents
        ]
    columns = ("id", "purpose", "purpose_id", "state", "to", "value_wei", "requested_by", "needed_approvals", "agreed")
    show_rows(rows, (*columns, "mention"), as_json=as_json, empty="no payment waits for approval")


@app.command("message")
def message(
    payment: PaymentArgument,
    no: Annotated[bool, typer.Option("--no", help="The text that says no.")] = False,
) -> None:
    """Print the text that a listed key signs (EIP-191, personal_sign) to say yes or no."""
    with opened() as parts, parts.store.read() as work:
        intent = _intent(work.treasury.intents.load([payment]), payment)
    print(approval_text(intent.id, call_digest=intent.call_digest, is_yes=not no))


@app.command("who")
def who(
    handle: Annotated[str, typer.Argument(help="Somebody's handle: `bob`, or `bob@server.example` on Mastodon.")],
    via: Annotated[str, typer.Option("--via", help="The account of ours that looks it up.")],
    tenant: TenantOption = DEFAULT_TENANT,
    as_json: JsonOption = False,
) -> None:
    """Look up how a policy lists a platform account as an approver. Compare what you get with what the person tells you."""
    with opened(with_vault=True) as parts:
        ours = find_account(parts, via, tenant_id=tenant_id_of(parts, tenant))
        found = parts.graph_of(ours.id).fetch_profile(handle.lstrip("@"))
    if found is None:
        raise Refused(f"nobody is called {handle} there", kind="NoSuchRow")
    name = account_approver(found.profile.person)
    show_fields({"approver": name, "handle": found.profile.handle, "bio": found.bio[:200]}, as_json=as_json)


@app.command("approve")
def approve(payment: PaymentArgument, signature: SignatureOption = None, as_json: JsonOption = False) -> None:
    """Say yes, as the operator at the keyboard or by a signature. Who requested a payment cannot."""
    _say(payment, is_yes=True, signature=signature, as_json=as_json)


@app.command("reject")
def reject(payment: PaymentArgument, signature: SignatureOption = None, as_json: JsonOption = False) -> None:
    """Stop a payment: at once while it is not signed; by a cancelling transaction when it is on its way and not mined."""
    if signature is not None:
        _say(payment, is_yes=False, signature=signature, as_json=as_json)
        return
    with opened() as parts, parts.store.write() as work:
        state = cancel_payment(payment, actor=operator(), work=work, now_ms=parts.clock.now_ms())
    show_fields({"id": payment, "state": state}, as_json=as_json)


def _say(payment: str, *, is_yes: bool, signature: str | None, as_json: bool) -> None:
    with opened() as parts, parts.store.write() as work:
        intent = _intent(work.treasury.intents.load([payment]), payment)
        who, signed = operator(), None
        if signature is not None:
            who, signed = _signer(intent, signature, is_yes=is_yes)
        approval = Approval(intent.id, who, is_yes, intent.call_digest, signed)
        state = record_approval(approval, work=work, now_ms=parts.clock.now_ms())
    show_fields({"id": payment, "approver": who, "state": state}, as_json=as_json)


def _signer(intent: Intent, signature: str, *, is_yes: bool) -> tuple[str, bytes]:
    try:
        signed = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError as error:
        raise Malformed("a signature is 65 bytes in hex") from error
    text = approval_text(intent.id, call_digest=intent.call_digest, is_yes=is_yes)
    signer = signer_of_text(text, signature=signed)
    if signer is None:
        raise Malformed("this is no signature of 65 bytes with v 27 or 28")
    return KEY_PREFIX + address_text(signer), signed


def _intent(found: object, payment: str) -> Intent:
    intent = found.get(payment) if isinstance(found, dict) else None
    if not isinstance(intent, Intent):
        raise Refused(f"no payment {payment}", kind="NoSuchRow")
    return intent


def _shown(intent: Intent) -> dict[str, object]:
    return {
        "id": intent.id,
        "purpose": intent.purpose,
        "purpose_id": intent.purpose_id,
        "state": intent.state,
        "error": intent.error_kind,
        "wallet_id": intent.wallet_id,
        "chain": intent.chain_id,
        "to": address_text(intent.call.to),
        "value_wei": str(intent.call.value_wei),
        "data": "0x" + intent.call.data.hex(),
        "requested_by": intent.requested_by,
        "needed_approvals": intent.needed_approvals,
        "nonce": intent.nonce,
        "mention": f"approve {intent.id[:ID_LETTERS]} {approval_code(intent.id, call_digest=intent.call_digest)}",
    }
