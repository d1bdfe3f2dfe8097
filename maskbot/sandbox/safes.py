"""Real Safe 1.4.1 contracts on a sandbox chain, at their real addresses: the published code through the published deployer.

Source: applets.md 10.1; npm `@safe-global/safe-contracts` 1.4.1. The deployer's code is that of the one every anvil has (the
deterministic deployment proxy), put where Safe's own deployer is. What people do there (sign, execute) is here too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from eth_abi.abi import encode as encode_values

from maskbot.domain.money import NATIVE, Address
from maskbot.domain.safe import SafeTx
from maskbot.sandbox import node
from maskbot.sandbox.chain import Anvil, DevAccount, Json, dev_account
from maskbot.wire.crypto import address_text, keccak256, sign_recoverable
from maskbot.wire.safe import safe_tx_hash

DEPLOYER = Address(bytes.fromhex("914d7Fec6aaC8cd542e72Bca78B30650d45643d7"))
_DEPLOYER_OF_ANVIL = Address(bytes.fromhex("4e59b44847b379578588920cA78FbF26c0B4956C"))
_SALT = bytes(32)
_NAMES = {
    "Safe": "Safe.sol",
    "SafeL2": "SafeL2.sol",
    "SafeProxyFactory": "proxies/SafeProxyFactory.sol",
    "SafeProxy": "proxies/SafeProxy.sol",
    "MultiSendCallOnly": "libraries/MultiSendCallOnly.sol",
    "CompatibilityFallbackHandler": "handler/CompatibilityFallbackHandler.sol",
}
_DEPLOYED = ("Safe", "SafeL2", "SafeProxyFactory", "MultiSendCallOnly", "CompatibilityFallbackHandler")
_TX_TYPES = ("address", "uint256", "bytes", "uint8", "uint256", "uint256", "uint256", "address", "address")


def safe_artifact(name: str, *, parts: Path | None = None) -> tuple[bytes, bytes]:
    """The code that deploys a contract of Safe 1.4.1, and the code it has then. Raises NodeMissing."""
    folder = node.installed_parts(parts) / "node_modules" / "@safe-global" / "safe-contracts" / "build" / "artifacts"
    found = json.loads((folder / "contracts" / _NAMES[name] / f"{name}.json").read_text(encoding="utf-8"))
    return bytes.fromhex(found["bytecode"][2:]), bytes.fromhex(found["deployedBytecode"][2:])


def canonical_address(name: str, *, parts: Path | None = None) -> Address:
    """Where the contract lies on every chain that has it: CREATE2 by Safe's deployer with salt 0."""
    code, _ = safe_artifact(name, parts=parts)
    return Address(keccak256(b"\xff" + DEPLOYER + _SALT + keccak256(code))[12:])


def deploy_safe_contracts(anvil: Anvil) -> None:
    """Put Safe 1.4.1 where it is on real chains. Safe to repeat. Raises NodeMissing, ChainPartFailed."""
    code = anvil.request("eth_getCode", address_text(_DEPLOYER_OF_ANVIL), "latest")
    anvil.request("anvil_setCode", address_text(DEPLOYER), code)
    for name in _DEPLOYED:
        if anvil.request("eth_getCode", address_text(canonical_address(name)), "latest") == "0x":
            anvil.send_as(dev_account(0).address, to=DEPLOYER, data=_SALT + safe_artifact(name)[0])


def create_safe(
    anvil: Anvil, owners: Sequence[Address], *, threshold: int, salt: int = 0, singleton: Address | None = None
) -> Address:
    """A new Safe of these owners, made by the factory as wallets make it; of the published singleton unless another is given."""
    names = ["address[]", "uint256", "address", "bytes", "address", "address", "uint256", "address"]
    handler = canonical_address("CompatibilityFallbackHandler")
    values = [
        list(map(address_text, owners)),
        threshold,
        _text(NATIVE),
        b"",
        _text(handler),
        _text(NATIVE),
        0,
        _text(NATIVE),
    ]
    setup = _call("setup(address[],uint256,address,bytes,address,address,uint256,address)", names, values)
    made = _call(
        "createProxyWithNonce(address,bytes,uint256)",
        ["address", "bytes", "uint256"],
        [_text(singleton or canonical_address("Safe")), setup, salt],
    )
    factory = canonical_address("SafeProxyFactory")
    receipt = anvil.send_as(dev_account(0).address, to=factory, data=made)
    created = next(log for log in receipt["logs"] if log["address"].lower() == _text(factory).lower())
    return Address(bytes.fromhex(created["topics"][1][-40:]))


def transaction_hash_of(anvil: Anvil, tx: SafeTx) -> bytes:
    """What the contract itself says the hash of the transaction is."""
    signature = "getTransactionHash(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256)"
    data = _call(signature, [*_TX_TYPES, "uint256"], [*_values(tx), tx.nonce])
    answer = anvil.request("eth_call", {"to": _text(tx.safe), "data": "0x" + data.hex()}, "latest")
    return bytes.fromhex(answer[2:])


def sign_as(person: DevAccount, tx: SafeTx) -> bytes:
    """A person's signature over the transaction, as their wallet makes it: 65 bytes."""
    made = sign_recoverable(person.key, safe_tx_hash(tx))
    return made[:64] + bytes([made[64] + 27])


def execute(anvil: Anvil, tx: SafeTx, signatures: Sequence[tuple[Address, bytes]], *, by: Address) -> Json:
    """Execute with the owners' signatures, in the order of their addresses; anybody can. The receipt."""
    joined = b"".join(signature for _, signature in sorted(signatures))
    signature = "execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)"
    data = _call(signature, [*_TX_TYPES, "bytes"], [*_values(tx), joined])
    return anvil.send_as(by, to=tx.safe, data=data)


def _values(tx: SafeTx) -> list[object]:
    zero = _text(NATIVE)
    return [_text(tx.call.to), tx.call.value_wei, tx.call.data, int(tx.is_delegate), 0, 0, 0, zero, zero]


def _call(signature: str, names: Sequence[str], values: Sequence[object]) -> bytes:
    return keccak256(signature.encode())[:4] + encode_values(list(names), list(values))


def _text(address: Address) -> str:
    return address_text(address)
