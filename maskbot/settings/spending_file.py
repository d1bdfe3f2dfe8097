"""A wallet's policy as a TOML text (docs/custody.md). Amounts are whole base units, as numbers or texts; addresses are `0x...`.

chain = 137
max_fee_gwei = 300
max_gas = 2000000
max_bumps = 10
approvals = 1                       # how many other people above a threshold
approvers = ["operator:bob"]        # also key:0x..., x:USERID, mastodon:ACTOR-URI; left out: any operator but who requested it
recipients = ["0x..."]              # left out: anybody
safes = ["0x..."]                   # Safes to whose owners this wallet may propose payments; left out: none
[[token]]
address = "native"                  # or 0x...
per_payment = "1000000000000000000"
per_day = "5000000000000000000"
per_recipient = "1000000000000000000"
approval_above = "500000000000000000"
[[method]]
contract = "0x..."
selector = "0x5db05aba"
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

from maskbot.domain.approval import is_approver_name
from maskbot.domain.errors import Malformed
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.spending import Method, SpendingPolicy, TokenLimit
from maskbot.wire.crypto import address_text, parse_address

GWEI = 10**9
_LONGEST_NUMBER = 78
_CAPS = ("per_payment", "per_day", "per_recipient", "approval_above")
_KNOWN = {
    "chain",
    "max_fee_gwei",
    "max_gas",
    "max_bumps",
    "approvals",
    "approvers",
    "recipients",
    "safes",
    "token",
    "method",
}


def parse_spending_policy(text: str) -> SpendingPolicy:
    """The policy that the text says.

    Raises:
        Malformed: no TOML, or a line of it means nothing; names it.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"the policy is no TOML: {error}") from error
    unknown = sorted(set(table) - _KNOWN)
    if unknown:
        raise Malformed(f"the policy has {', '.join(unknown)}, which mean nothing; see docs/custody.md")
    try:
        recipients = table.get("recipients")
        return SpendingPolicy(
            chain_id=_number(table, "chain"),
            tokens=tuple(_limit(one) for one in table.get("token", [])),
            methods=tuple(Method(parse_address(one["contract"]), _selector(one)) for one in table.get("method", [])),
            recipients=None if recipients is None else tuple(parse_address(one) for one in recipients),
            max_fee_wei=_number(table, "max_fee_gwei", 200) * GWEI,
            max_gas=_number(table, "max_gas", 5_000_000),
            max_bumps=_number(table, "max_bumps", 10),
            approvals=_number(table, "approvals", 1),
            approvers=tuple(_approver(one) for one in table.get("approvers", [])),
            safes=tuple(parse_address(one) for one in table.get("safes", [])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Malformed(f"the policy cannot be read: {type(error).__name__} {error}; see docs/custody.md") from error


def show_spending_policy(policy: SpendingPolicy) -> dict[str, object]:
    """The policy as its file would say it; amounts as texts."""
    return {
        "chain": policy.chain_id,
        "max_fee_gwei": policy.max_fee_wei // GWEI,
        "max_gas": policy.max_gas,
        "max_bumps": policy.max_bumps,
        "approvals": policy.approvals,
        "approvers": list(policy.approvers),
        "recipients": None if policy.recipients is None else [address_text(one) for one in policy.recipients],
        "safes": [address_text(one) for one in policy.safes],
        "token": [
            {"address": "native" if one.token == NATIVE else address_text(one.token)}
            | {cap: str(getattr(one, cap)) for cap in _CAPS}
            for one in policy.tokens
        ],
        "method": [
            {"contract": address_text(one.contract), "selector": "0x" + one.selector.hex()} for one in policy.methods
        ],
    }


def _limit(table: Mapping[str, Any]) -> TokenLimit:
    address = table["address"]
    token: Address = NATIVE if address == "native" else parse_address(address)
    return TokenLimit(token, *(_number(table, cap) for cap in _CAPS))


def _approver(name: object) -> str:
    """The identity as rows name it: an address with its checksum."""
    if not isinstance(name, str) or not is_approver_name(name):
        raise ValueError(f"{str(name)[:60]!r} is none of operator:NAME, key:0x..., x:USERID, mastodon:ACTOR-URI")
    kind, _, rest = name.partition(":")
    return f"{kind}:{address_text(parse_address(rest))}" if kind == "key" else name


def _selector(table: Mapping[str, Any]) -> bytes:
    return bytes.fromhex(str(table["selector"]).removeprefix("0x"))


def _number(table: Mapping[str, Any], name: str, default: int | None = None) -> int:
    value = table.get(name, default)
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= _LONGEST_NUMBER:
        return int(value)
    if type(value) is not int:
        raise ValueError(f"{name} is a whole number")
    return value
