"""The hash that owners sign (EIP-712, domain with chain id as since 1.3.0), its payload for wallets, and who made a signature.

Owners' signatures come in two forms we can check without the chain: over the hash itself (v 27 or 28), and over the hash as a
personal message (EIP-191, v 31 or 32). Contracts' signatures and approved hashes (v 0 and 1) only the chain can check.
"""

from __future__ import annotations

from maskbot.domain.money import NATIVE, Address
from maskbot.domain.safe import SafeTx
from maskbot.wire.crypto import InvalidKey, address_text, keccak256, recover_public_key, uncompress

SIGNATURE_BYTES = 65
_WORD = 32
_FIELDS = (
    ("to", "address"),
    ("value", "uint256"),
    ("data", "bytes"),
    ("operation", "uint8"),
    ("safeTxGas", "uint256"),
    ("baseGas", "uint256"),
    ("gasPrice", "uint256"),
    ("gasToken", "address"),
    ("refundReceiver", "address"),
    ("nonce", "uint256"),
)
_DOMAIN_FIELDS = (("chainId", "uint256"), ("verifyingContract", "address"))


def safe_tx_hash(tx: SafeTx) -> bytes:
    """32 bytes that name the transaction: what `getTransactionHash` of the Safe gives."""
    zero = bytes(_WORD)
    struct = b"".join(
        (
            _type_hash("SafeTx", _FIELDS),
            _address(tx.call.to),
            _number(tx.call.value_wei),
            keccak256(tx.call.data),
            _number(int(tx.is_delegate)),
            *[zero] * 5,  # safeTxGas, baseGas, gasPrice, gasToken, refundReceiver
            _number(tx.nonce),
        )
    )
    domain = _type_hash("EIP712Domain", _DOMAIN_FIELDS) + _number(tx.chain_id) + _address(tx.safe)
    return keccak256(b"\x19\x01" + keccak256(domain) + keccak256(struct))


def typed_data(tx: SafeTx) -> dict[str, object]:
    """The EIP-712 payload that a wallet shows its owner, as JSON values (`eth_signTypedData_v4`)."""
    zero = address_text(NATIVE)
    return {
        "types": {name: _described(fields) for name, fields in (("EIP712Domain", _DOMAIN_FIELDS), ("SafeTx", _FIELDS))},
        "primaryType": "SafeTx",
        "domain": {"chainId": tx.chain_id, "verifyingContract": address_text(tx.safe)},
        "message": {
            "to": address_text(tx.call.to),
            "value": str(tx.call.value_wei),
            "data": "0x" + tx.call.data.hex(),
            "operation": int(tx.is_delegate),
            "safeTxGas": "0",
            "baseGas": "0",
            "gasPrice": "0",
            "gasToken": zero,
            "refundReceiver": zero,
            "nonce": str(tx.nonce),
        },
    }


def signer_of_hash(digest: bytes, *, signature: bytes) -> Address | None:
    """The account that signed a Safe transaction's hash; None if the signature is of another form, or nobody's."""
    if len(signature) != SIGNATURE_BYTES or signature[64] not in (27, 28, 31, 32):
        return None
    is_personal = signature[64] > 28
    signed = keccak256(b"\x19Ethereum Signed Message:\n32" + digest) if is_personal else digest
    parity = signature[64] - (31 if is_personal else 27)
    try:
        public_key = recover_public_key(signature[:64] + bytes([parity]), signed)
    except InvalidKey:
        return None
    return Address(keccak256(uncompress(public_key)[1:])[12:])


def _type_hash(name: str, fields: tuple[tuple[str, str], ...]) -> bytes:
    return keccak256(f"{name}({','.join(f'{kind} {field}' for field, kind in fields)})".encode())


def _described(fields: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": field, "type": kind} for field, kind in fields]


def _number(number: int) -> bytes:
    return number.to_bytes(_WORD, "big")


def _address(address: Address) -> bytes:
    return bytes(_WORD - len(address)) + address
