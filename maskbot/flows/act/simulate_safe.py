"""Try what a Safe is to be asked for, before owners are: each call from the Safe's address (applets.md 1.2).

A Safe calls whatever address it is given, and a call to an address without code succeeds and does nothing: so there has to be a
token at a token's address, which says that the Safe owns enough, and a transfer must not answer false.
"""

from __future__ import annotations

from collections.abc import Sequence

from maskbot.domain.chain import At, Call
from maskbot.domain.errors import Refused
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.transaction import ContractCall
from maskbot.ports.chain import CallReverted, ChainReader, InsufficientFunds
from maskbot.wire.crypto import address_text
from maskbot.wire.erc20 import InvalidTokenAnswer, decode_number, encode_balance_of
from maskbot.wire.transaction import effect_of

_TRUE = (1).to_bytes(32, "big")


def simulate_calls(calls: Sequence[ContractCall], *, safe: Address, chain: ChainReader, at: At) -> None:
    """Look whether the Safe could make these calls at this block.

    Raises: InsufficientFunds: it holds less than they pay together. Refused (NoToken, TokenRefuses). CallReverted: one is
    refused; names whom it pays. Unavailable.
    """
    sums: dict[Address, int] = {}
    for call in calls:
        for spend in effect_of(call).spends:
            sums[spend.token] = sums.get(spend.token, 0) + spend.amount
    for token, amount in sums.items():
        if _held(token, safe=safe, chain=chain, at=at) < amount:
            what = "coins" if token == NATIVE else f"of the token {address_text(token)}"
            raise InsufficientFunds(f"the Safe holds less {what} than it would pay")
    for call in calls:
        _try(call, safe=safe, chain=chain, at=at)


def _held(token: Address, *, safe: Address, chain: ChainReader, at: At) -> int:
    if token == NATIVE:
        return chain.fetch_account(safe).balance_wei
    try:
        return decode_number(chain.call(Call(token, encode_balance_of(safe)), at=at))
    except (InvalidTokenAnswer, CallReverted) as error:
        raise Refused(f"there is no token at {address_text(token)} on this chain", kind="NoToken") from error


def _try(call: ContractCall, *, safe: Address, chain: ChainReader, at: At) -> None:
    effect = effect_of(call)
    whom = address_text(effect.spends[0].recipient if effect.spends else call.to)
    try:
        answer = chain.call(Call(call.to, call.data, sender=safe, value_wei=call.value_wei), at=at)
    except CallReverted as error:
        raise Refused(f"the payment to {whom} would fail: {error}", kind="CallReverted") from error
    if call.data and effect.method is None and answer not in (b"", _TRUE):
        raise Refused(f"the token answers that it does not pay {whom}", kind="TokenRefuses")
