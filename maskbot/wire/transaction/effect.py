"""What a call does with money, from its bytes alone: what the vault checks against the policy before it signs (E18).

Decoded are plain coins, `transfer` and `approve` of EIP-20, the creation of a v4 red packet, the claim of a share of one or of an
ERC-721 packet (red-packets.md 2.1, 4.1), and the two `disperse` calls. Any other method is named by contract and selector, and
spends the coins it carries; tokens it may only take under an allowance, which is an `approve` of its own.
"""

from __future__ import annotations

from maskbot.domain.money import ADDRESS_BYTES, NATIVE, Address
from maskbot.domain.spending import SELECTOR_BYTES, Allowance, Effect, Method, Spend
from maskbot.domain.transaction import ContractCall
from maskbot.wire.transaction.calls import APPROVE, DISPERSE_ETHER, DISPERSE_TOKEN, TRANSFER
from maskbot.wire.transaction.errors import InvalidCall

CREATE_RED_PACKET = bytes.fromhex("5db05aba")
CLAIM = bytes.fromhex("7394ad93")
MOST_RECIPIENTS = 500
_WORD = 32
_TOKEN_TYPE, _TOKEN_ADDRESS, _TOTAL = 7, 8, 9
_CLAIM_RECIPIENT = 2
_NATIVE_TYPE, _TOKEN_PACKET = 0, 1


def effect_of(call: ContractCall) -> Effect:
    """What the call does with money.

    Raises:
        InvalidCall: the data of a known method is cut, padded or out of range, or data is shorter than a selector.
    """
    if not call.data:
        return Effect((Spend(NATIVE, call.to, call.value_wei),))
    selector, words = call.data[:SELECTOR_BYTES], call.data[SELECTOR_BYTES:]
    if len(selector) < SELECTOR_BYTES:
        raise InvalidCall("call data begins with a selector of 4 bytes")
    coins = (Spend(NATIVE, call.to, call.value_wei),) if call.value_wei else ()
    method = Method(call.to, selector)
    if selector == TRANSFER:
        recipient, amount = _address_and_amount(words)
        if coins:
            raise InvalidCall("the transfer of a token carries no coins")
        return Effect((Spend(call.to, recipient, amount),))
    if selector == APPROVE:
        spender, amount = _address_and_amount(words)
        if coins:
            raise InvalidCall("an allowance carries no coins")
        return Effect((), allowance=Allowance(call.to, spender, amount))
    if selector == CREATE_RED_PACKET:
        return Effect(_packet(words, call=call) or coins, method)
    if selector == CLAIM:
        if coins:
            raise InvalidCall("a claim carries no coins")
        return Effect((), method, claims_for=_address(words, _CLAIM_RECIPIENT))
    if selector == DISPERSE_ETHER:
        return Effect(_dispersed(words, token=NATIVE, head=0, value_wei=call.value_wei), method)
    if selector == DISPERSE_TOKEN:
        return Effect((*coins, *_dispersed(words, token=_address(words, 0), head=1, value_wei=None)), method)
    return Effect(coins, method)


def _packet(words: bytes, *, call: ContractCall) -> tuple[Spend, ...]:
    """The total of a token packet beside its coins; nothing for a packet of coins, whose value says it."""
    token_type = _number(words, _TOKEN_TYPE)
    if token_type == _NATIVE_TYPE:
        if _number(words, _TOTAL) != call.value_wei:
            raise InvalidCall("a packet of coins carries exactly its total")
        return ()
    if token_type != _TOKEN_PACKET or call.value_wei:
        raise InvalidCall("a packet holds coins (0) or one token (1), and then no coins")
    return (Spend(_address(words, _TOKEN_ADDRESS), call.to, _number(words, _TOTAL)),)


def _dispersed(words: bytes, *, token: Address, head: int, value_wei: int | None) -> tuple[Spend, ...]:
    recipients = _array(words, head)
    amounts = _array(words, head + 1)
    if len(recipients) != len(amounts):
        raise InvalidCall("there are as many amounts as recipients")
    spends = tuple(
        Spend(token, _as_address(recipient), amount) for recipient, amount in zip(recipients, amounts, strict=True)
    )
    if value_wei is not None and sum(amounts) != value_wei:
        raise InvalidCall("the coins of a disperse call are the sum of its amounts")
    return spends


def _address_and_amount(words: bytes) -> tuple[Address, int]:
    if len(words) != 2 * _WORD:
        raise InvalidCall("expected an address and an amount")
    return _address(words, 0), _number(words, 1)


def _array(words: bytes, at: int) -> list[int]:
    start = _number(words, at)
    if start % _WORD or start > len(words):
        raise InvalidCall("an array lies outside of the call data")
    count = _number(words, start // _WORD)
    if count > MOST_RECIPIENTS:
        raise InvalidCall(f"expected at most {MOST_RECIPIENTS} recipients")
    return [_number(words, start // _WORD + 1 + index) for index in range(count)]


def _number(words: bytes, at: int) -> int:
    word = words[at * _WORD : (at + 1) * _WORD]
    if len(word) != _WORD:
        raise InvalidCall("the call data is cut")
    return int.from_bytes(word, "big")


def _address(words: bytes, at: int) -> Address:
    return _as_address(_number(words, at))


def _as_address(number: int) -> Address:
    if number >> (8 * ADDRESS_BYTES):
        raise InvalidCall("an address has 20 bytes")
    return Address(number.to_bytes(ADDRESS_BYTES, "big"))
