"""Who has validly agreed to a payment: shared by the flow that decides and the vault that signs (R19)."""

from __future__ import annotations

from collections.abc import Iterable

from maskbot.domain.approval import account_approver
from maskbot.domain.identity import PersonId
from maskbot.domain.money import Address
from maskbot.domain.spending import Approval, SpendingPolicy, approval_text
from maskbot.domain.transaction import Intent
from maskbot.wire.crypto import InvalidKey, address_text, keccak256, recover_public_key, uncompress

KEY_PREFIX = "key:"
_SIGNATURE_BYTES = 65
_FROM_OUTSIDE = (KEY_PREFIX, "x:", "mastodon:")
"""Identities that only count where the policy lists them by name: anybody can have one."""


def agreed(approvals: Iterable[Approval], *, intent: Intent, policy: SpendingPolicy) -> frozenset[str]:
    """The identities whose yes counts: to this very call, listed if the policy has a list (a key or a platform account always has
    to be), not the requester, and signed if the identity is a key."""
    return frozenset(
        one.approver for one in approvals if one.is_yes and may_approve(one, intent=intent, policy=policy) is None
    )


def may_approve(approval: Approval, *, intent: Intent, policy: SpendingPolicy) -> str | None:
    """Why what somebody said about a payment does not count; None if it does."""
    if approval.intent_id != intent.id or approval.call_digest != intent.call_digest:
        return "it is about another payment"
    if is_requester(approval.approver, intent=intent):
        return "who requested a payment cannot approve it"
    has_to_be_listed = bool(policy.approvers) or approval.approver.startswith(_FROM_OUTSIDE)
    if has_to_be_listed and approval.approver not in policy.approvers:
        return "the policy does not list this approver"
    if approval.approver.startswith(KEY_PREFIX) and not _is_signed(approval):
        return "it is not signed by this key"
    return None


def is_requester(approver: str, *, intent: Intent) -> bool:
    """Whether this identity requested the payment, as an operator, a key or a platform account."""
    return approver in (intent.requested_by, account_approver(PersonId(intent.requested_by)))


def signer_of_text(text: str, *, signature: bytes) -> Address | None:
    """The account that made an EIP-191 signature (65 bytes, v 27 or 28) of a text; None if it is no such signature."""
    if len(signature) != _SIGNATURE_BYTES or signature[64] not in (27, 28):
        return None
    message = text.encode()
    digest = keccak256(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)
    try:
        public_key = recover_public_key(signature[:64] + bytes([signature[64] - 27]), digest)
    except InvalidKey:
        return None
    return Address(keccak256(uncompress(public_key)[1:])[12:])


def _is_signed(approval: Approval) -> bool:
    text = approval_text(approval.intent_id, call_digest=approval.call_digest, is_yes=approval.is_yes)
    signer = signer_of_text(text, signature=approval.signature or b"")
    return signer is not None and approval.approver == KEY_PREFIX + address_text(signer)
