"""Signed transactions: legacy with replay protection (EIP-155), and EIP-1559 without an access list.

Signatures are deterministic (RFC 6979): the same fields and key give the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.domain.gas import GasOffer
from maskbot.domain.money import Address
from maskbot.domain.transaction import ContractCall
from maskbot.wire.crypto import InvalidKey, keccak256, recover_public_key, sign_recoverable, uncompress
from maskbot.wire.transaction.errors import InvalidTransaction
from maskbot.wire.transaction.rlp import EMPTY_LIST, decode_int, decode_items, encode_int, encode_list, encode_string

MOST_BYTES = 128 * 1024
_DYNAMIC_FEE = b"\x02"


@dataclass(frozen=True, slots=True)
class TransactionFields:
    """What is signed."""

    chain_id: int
    nonce: int
    gas_limit: int
    offer: GasOffer
    call: ContractCall


@dataclass(frozen=True, slots=True)
class SignedTransaction:
    """The bytes that are sent, and the hash that names them."""

    raw: bytes
    tx_hash: bytes


def sign_transaction(fields: TransactionFields, *, private_key: bytes) -> SignedTransaction:
    """The signed transaction for these fields.

    Raises:
        InvalidKey: the private key is out of range.
    """
    signature = sign_recoverable(private_key, _digest(fields))
    r, s, parity = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big"), signature[64]
    if fields.offer.is_legacy:
        v = 35 + 2 * fields.chain_id + parity
        raw = encode_list([*_legacy(fields), encode_int(v), encode_int(r), encode_int(s)])
    else:
        raw = _DYNAMIC_FEE + encode_list([*_dynamic(fields), encode_int(parity), encode_int(r), encode_int(s)])
    return SignedTransaction(raw, keccak256(raw))


def decode_signed(raw: bytes) -> tuple[TransactionFields, Address]:
    """The fields of a signed transaction and the account that signed it.

    Raises:
        InvalidTransaction: another kind, cut, not canonical, or the signature belongs to nobody.
    """
    if len(raw) > MOST_BYTES:
        raise InvalidTransaction(f"a transaction has at most {MOST_BYTES:,} bytes")
    try:
        fields, signature = _read_dynamic(raw[1:]) if raw[:1] == _DYNAMIC_FEE else _read_legacy(raw)
        public_key = recover_public_key(signature, _digest(fields))
    except (ValueError, OverflowError, InvalidKey) as error:
        raise InvalidTransaction("the bytes are no signed transaction") from error
    return fields, Address(keccak256(uncompress(public_key)[1:])[12:])


def _digest(fields: TransactionFields) -> bytes:
    if fields.offer.is_legacy:
        return keccak256(encode_list([*_legacy(fields), encode_int(fields.chain_id), encode_int(0), encode_int(0)]))
    return keccak256(_DYNAMIC_FEE + encode_list(_dynamic(fields)))


def _legacy(fields: TransactionFields) -> list[bytes]:
    return [encode_int(fields.nonce), encode_int(fields.offer.max_fee_wei), *_call(fields)]


def _dynamic(fields: TransactionFields) -> list[bytes]:
    head = [fields.chain_id, fields.nonce, fields.offer.tip_wei, fields.offer.max_fee_wei]
    return [*map(encode_int, head), *_call(fields), EMPTY_LIST]


def _call(fields: TransactionFields) -> list[bytes]:
    call = fields.call
    return [encode_int(fields.gas_limit), encode_string(call.to), encode_int(call.value_wei), encode_string(call.data)]


def _read_dynamic(body: bytes) -> tuple[TransactionFields, bytes]:
    items = decode_items(body, empty_list_at=8)
    if len(items) != 12:
        raise InvalidTransaction("expected the twelve fields of an EIP-1559 transaction without access list")
    chain_id, nonce, tip_wei, max_fee_wei, gas_limit = map(decode_int, items[:5])
    offer = GasOffer(max_fee_wei, tip_wei, is_legacy=False)
    call = ContractCall(Address(items[5]), decode_int(items[6]), items[7])
    return TransactionFields(chain_id, nonce, gas_limit, offer, call), _signature(items[10:], decode_int(items[9]))


def _read_legacy(raw: bytes) -> tuple[TransactionFields, bytes]:
    items = decode_items(raw)
    if len(items) != 9:
        raise InvalidTransaction("expected the nine fields of a legacy transaction")
    nonce, price_wei, gas_limit = map(decode_int, items[:3])
    v = decode_int(items[6])
    if v < 37:
        raise InvalidTransaction("a transaction without a chain id is not used here")
    call = ContractCall(Address(items[3]), decode_int(items[4]), items[5])
    offer = GasOffer(price_wei, price_wei, is_legacy=True)
    return TransactionFields((v - 35) // 2, nonce, gas_limit, offer, call), _signature(items[7:], (v - 35) % 2)


def _signature(r_and_s: list[bytes], parity: int) -> bytes:
    r, s = map(decode_int, r_and_s)
    if parity > 1:
        raise InvalidTransaction("the parity of a signature is 0 or 1")
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
