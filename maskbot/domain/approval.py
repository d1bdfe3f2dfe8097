"""Approvals by mention: who a platform account is to a policy, and the code that binds a yes to one call of one payment.

Source: reliability.md E2, E3, E19, R19. An account is named by what its platform never changes, the user id on X and the actor URI
on Mastodon, and counts only where a policy lists it. The code is no secret: it says which call is meant, not who means it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from maskbot.domain.identity import PersonId
from maskbot.domain.spending import Approval

CODE_LETTERS = 10
ID_LETTERS = 8
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LOOK_ALIKES = str.maketrans("oil", "011")
_LETTER_BITS = 5
_FORMS = (
    r"operator:[^\s:]{1,64}",
    r"key:0x[0-9a-fA-F]{40}",
    r"x:[0-9]{1,20}",
    r"mastodon:(https://|http://127\.0\.0\.1[:/])[^\s]{1,300}",
)
_APPROVER = re.compile("|".join(_FORMS), re.ASCII)


class ApprovalVerdict(StrEnum):
    """What a mention that says yes or no to a payment amounts to."""

    COUNTS = "counts"
    UNKNOWN = "unknown"
    OWN_REQUEST = "own_request"
    SAID_BEFORE = "said_before"


@dataclass(frozen=True, slots=True)
class ApprovalNeed:
    """The waiting payment that a mention speaks of (from our store): its id begins with `id_prefix`, and either `code` is that of
    its call, or `signature` (65 bytes) is one over its `approval_text`."""

    id_prefix: str
    is_yes: bool
    code: str | None = None
    signature: bytes | None = None


@dataclass(frozen=True, slots=True)
class ApprovalFact:
    """The verdict; with COUNTS what is to be recorded, and how many others are still needed after it."""

    verdict: ApprovalVerdict
    approval: Approval | None = None
    still_needed: int = 0


@dataclass(frozen=True, slots=True)
class GiveApproval:
    """Record this approval."""

    approval: Approval


def account_approver(person: PersonId) -> str:
    """How a policy names this person: `x:<user id>` or `mastodon:<actor URI>`."""
    return person if person.startswith("x:") else f"mastodon:{person}"


def approval_code(intent_id: str, *, call_digest: bytes) -> str:
    """Ten letters that belong to this payment and this call: a yes with them can mean no other."""
    digest = hashlib.sha256(b"maskbot approval code 1\0" + intent_id.encode() + b"\0" + call_digest).digest()
    number = int.from_bytes(digest, "big")
    return "".join(_ALPHABET[number >> _LETTER_BITS * place & 31] for place in range(CODE_LETTERS))


def typed_code(word: str) -> str:
    """The code that somebody typed: letters that look like digits are read as those."""
    return word.lower().translate(_LOOK_ALIKES)


def is_approver_name(text: str) -> bool:
    """Whether a policy can list this: `operator:NAME`, `key:0x...`, `x:USERID` or `mastodon:ACTOR-URI`; never a handle."""
    return _APPROVER.fullmatch(text) is not None
