"""Transactions are what eth-account signs, and what is broken is malformed."""

from __future__ import annotations

import pytest
from eth_account import Account
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.gas import GasOffer
from maskbot.domain.money import Address
from maskbot.domain.transaction import ContractCall
from maskbot.wire.persona.mnemonic import seed_of
from maskbot.wire.transaction import (
    InvalidTransaction,
    TransactionFields,
    decode_signed,
    derive_key,
    sign_transaction,
)

KEY = b"\x11" * 32
words = st.integers(0, 2**128 - 1)


@st.composite
def transactions(draw: st.DrawFn) -> TransactionFields:
    max_fee, is_legacy = draw(words), draw(st.booleans())
    offer = GasOffer(max_fee, max_fee if is_legacy else draw(st.integers(0, max_fee)), is_legacy=is_legacy)
    call = ContractCall(
        Address(draw(st.binary(min_size=20, max_size=20))),
        draw(st.integers(0, 2**256 - 1)),
        draw(st.binary(max_size=200)),
    )
    nonce = draw(st.integers(0, 2**64 - 1))
    return TransactionFields(draw(st.integers(1, 2**53 - 1)), nonce, draw(st.integers(0, 2**63)), offer, call)


@given(fields=transactions())
def test_a_signed_transaction_is_that_of_eth_account_and_comes_back(fields: TransactionFields) -> None:
    signed = sign_transaction(fields, private_key=KEY)
    theirs = {
        "chainId": fields.chain_id,
        "nonce": fields.nonce,
        "gas": fields.gas_limit,
        "to": to_checksum_address(fields.call.to),
        "value": fields.call.value_wei,
        "data": fields.call.data,
    }
    if fields.offer.is_legacy:
        theirs["gasPrice"] = fields.offer.max_fee_wei
    else:
        theirs |= {"maxFeePerGas": fields.offer.max_fee_wei, "maxPriorityFeePerGas": fields.offer.tip_wei}
    account = Account.from_key(KEY)
    reference = account.sign_transaction(theirs)
    assert (signed.raw, signed.tx_hash) == (bytes(reference.raw_transaction), bytes(reference.hash))
    decoded, sender = decode_signed(signed.raw)
    assert (decoded, to_checksum_address(sender)) == (fields, account.address)


@given(fields=transactions(), data=st.data())
def test_every_cut_and_flipped_transaction_is_malformed_or_another_one(
    fields: TransactionFields, data: st.DataObject
) -> None:
    raw = sign_transaction(fields, private_key=KEY).raw
    with pytest.raises(InvalidTransaction):
        decode_signed(raw[: data.draw(st.integers(0, len(raw) - 1))])
    at, bit = data.draw(st.integers(0, len(raw) - 1)), data.draw(st.integers(0, 7))
    flipped = raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]
    try:
        decoded, sender = decode_signed(flipped)
    except InvalidTransaction:
        return
    assert (decoded, to_checksum_address(sender)) != (fields, Account.from_key(KEY).address)


@given(raw=st.binary(max_size=400))
def test_any_bytes_are_refused_by_name(raw: bytes) -> None:
    for form in (raw, b"\x02" + raw):
        with pytest.raises(InvalidTransaction):
            decode_signed(form)


def test_a_key_tree_is_that_of_eth_account() -> None:
    Account.enable_unaudited_hdwallet_features()
    mnemonic = "test test test test test test test test test test test junk"
    for index in (0, 1, 7):
        path = f"m/44'/60'/0'/0/{index}"
        ours = derive_key(seed_of(mnemonic, password=""), path=path)
        assert ours == bytes(Account.from_mnemonic(mnemonic, account_path=path).key)
