"""What owners sign: our hash, eth-account's from the payload that we hand out, and safe-eth-py's are one; signatures in both
forms."""

from __future__ import annotations

from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct, encode_typed_data
from eth_utils.crypto import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from maskbot.adapters.safe_hash import SafeEthHasher
from maskbot.domain.money import Address
from maskbot.domain.safe import MOST_NONCE, SafeTx
from maskbot.domain.transaction import ContractCall
from maskbot.wire.crypto import parse_address
from maskbot.wire.safe import queue_link, safe_tx_hash, signer_of_hash, typed_data

OWNER = Account.from_key(b"\x33" * 32)
ADDRESSES = st.binary(min_size=20, max_size=20).map(Address)
PLAIN = st.builds(
    SafeTx,
    chain_id=st.integers(1, 2**53 - 1),
    safe=ADDRESSES,
    call=st.builds(ContractCall, ADDRESSES, st.integers(0, 2**256 - 1), st.binary(max_size=200)),
    is_delegate=st.just(False),
    nonce=st.integers(0, MOST_NONCE),
)
BATCHES = st.builds(
    SafeTx,
    chain_id=st.integers(1, 2**53 - 1),
    safe=ADDRESSES,
    call=st.builds(ContractCall, ADDRESSES, st.just(0), st.binary(max_size=200)),
    is_delegate=st.just(True),
    nonce=st.integers(0, MOST_NONCE),
)
TX = SafeTx(1, Address(b"\x5a" * 20), ContractCall(Address(b"\x0b" * 20), 7), False, 0)


def message_of(tx: SafeTx) -> SignableMessage:
    """The payload as a wallet reads it: texts are numbers, hex is bytes."""
    payload = typed_data(tx)
    message = dict(payload["message"])  # type: ignore[call-overload]  # JSON values
    for name in ("value", "safeTxGas", "baseGas", "gasPrice", "nonce"):
        message[name] = int(message[name])
    message["data"] = bytes.fromhex(message["data"][2:])
    return encode_typed_data(full_message={**payload, "message": message})


@settings(max_examples=60, deadline=None)
@given(PLAIN | BATCHES)
def test_three_implementations_give_one_hash(tx: SafeTx) -> None:
    message = message_of(tx)
    theirs = keccak(b"\x19" + message.version + message.header + message.body)
    assert safe_tx_hash(tx) == theirs == SafeEthHasher().hash(tx)


def test_a_signature_of_the_payload_is_the_owners() -> None:
    signed = OWNER.sign_message(message_of(TX)).signature
    assert signer_of_hash(safe_tx_hash(TX), signature=bytes(signed)) == parse_address(OWNER.address)


def test_a_signature_of_the_hash_as_a_message_is_the_owners_with_v_raised_by_four() -> None:
    signed = bytearray(OWNER.sign_message(encode_defunct(safe_tx_hash(TX))).signature)
    signed[64] += 4
    assert signer_of_hash(safe_tx_hash(TX), signature=bytes(signed)) == parse_address(OWNER.address)


def test_other_forms_of_signatures_are_nobodys() -> None:
    good = bytes(OWNER.sign_message(message_of(TX)).signature)
    for other in (b"", good[:64], good + b"\0", good[:64] + b"\0", good[:64] + b"\1", bytes(64) + b"\x1b"):
        assert signer_of_hash(safe_tx_hash(TX), signature=other) is None
    assert signer_of_hash(bytes(32), signature=good) != parse_address(OWNER.address)


def test_the_queue_is_linked_where_the_chain_has_a_short_name() -> None:
    singleton = parse_address("0x41675C099F32341bf84BFc5382aF534df5C7461a")
    assert queue_link(1, singleton) == (
        "https://app.safe.global/transactions/queue?safe=eth:0x41675C099F32341bf84BFc5382aF534df5C7461a"
    )
    assert queue_link(31337, singleton) is None
