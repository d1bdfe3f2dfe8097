"""The vault's wallet keys: made or imported, opened for one signature, and handed out only in an export.

A key lies in a row of its own (`wallet:<key id>`), the words of a tenant's key tree in `wallet-tree:<tenant id>`. What is signed
is decided in `signer`; here is who holds the key.
"""

from __future__ import annotations

import os

from maskbot.adapters.vault.envelope import pack_map, unpack_map
from maskbot.adapters.vault.errors import NoSuchKey, OtherKey
from maskbot.adapters.vault.keyring import Keyring
from maskbot.domain.errors import Malformed
from maskbot.domain.money import Address
from maskbot.ports.treasury import WalletSource
from maskbot.wire.crypto import InvalidKey, is_private_key, keccak256, public_key_of, uncompress
from maskbot.wire.persona import mnemonic_of
from maskbot.wire.persona.mnemonic import seed_of
from maskbot.wire.transaction import FIRST_ACCOUNT, derive_key

_WALLET = "wallet"
_TREE = "wallet-tree"
_TREE_ENTROPY_BYTES = 32
_MOST_INDEX = 1_000_000


class WalletKeyring:
    """Makes, opens and exports wallet keys."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def create(self, *, key_id: str, tenant_id: str, source: WalletSource) -> Address:
        """See `ports.treasury.WalletKeys.create_wallet_key`.

        Raises:
            Malformed: a key, mnemonic or path that is none.
            OtherKey: there is another key, or another tenant's, under this id.
        """
        private_key = self._from(source, tenant_id=tenant_id)
        address = address_of(private_key)
        row = self._keyring.keep(
            f"{_WALLET}:{key_id}",
            tenant_id=tenant_id,
            purpose=_WALLET,
            secret=pack_map({"private_key": private_key}),
            public=address,
        )
        if row.tenant_id != tenant_id or row.public_key != address:
            raise OtherKey("the vault holds another key under this id: make the wallet under a new id")
        return address

    def open(self, key_id: str) -> bytes:
        """The private key, for one use. Raises NoSuchKey."""
        kept = self._keyring.open_kept(f"{_WALLET}:{key_id}")
        if kept is None:
            raise NoSuchKey("the vault holds no key of this wallet")
        private_key = unpack_map(kept[1])["private_key"]
        if not isinstance(private_key, bytes) or not is_private_key(private_key):
            raise InvalidKey("the vault's own row has another shape than this version writes")
        return private_key

    def export(self, key_id: str) -> bytes:
        """The private key, noted in the audit before it leaves. Raises NoSuchKey."""
        private_key = self.open(key_id)
        self._keyring.note(action="export-wallet", subject=key_id, detail="plain")
        return private_key

    def _from(self, source: WalletSource, *, tenant_id: str) -> bytes:
        given = [one for one in (source.hd_index, source.private_key, source.mnemonic) if one is not None]
        if len(given) != 1:
            raise Malformed("a wallet's key is given in exactly one way", kind="InvalidKey")
        if source.private_key is not None:
            if not is_private_key(source.private_key):
                raise InvalidKey("expected a private key of 32 bytes between 1 and the group order")
            return source.private_key
        if source.mnemonic is not None:
            return derive_key(seed_of(source.mnemonic, password=source.password), path=source.path)
        assert source.hd_index is not None
        if not 0 <= source.hd_index < _MOST_INDEX:
            raise Malformed(f"an account's index is between 0 and {_MOST_INDEX:,}", kind="InvalidKey")
        return derive_key(self._tree_seed(tenant_id), path=f"{FIRST_ACCOUNT}{source.hd_index}")

    def _tree_seed(self, tenant_id: str) -> bytes:
        row_id = f"{_TREE}:{tenant_id}"
        kept = self._keyring.open_kept(row_id)
        if kept is None:
            words = mnemonic_of(os.urandom(_TREE_ENTROPY_BYTES))
            self._keyring.keep(
                row_id, tenant_id=tenant_id, purpose=_TREE, secret=pack_map({"mnemonic": words}), public=b""
            )
            kept = self._keyring.open_kept(row_id)
            assert kept is not None
        return seed_of(str(unpack_map(kept[1])["mnemonic"]), password="")


def address_of(private_key: bytes) -> Address:
    """The account of a key."""
    return Address(keccak256(uncompress(public_key_of(private_key))[1:])[12:])
