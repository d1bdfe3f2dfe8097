"""Personas: mnemonic and password to keys, identifiers, proofs, and the extension's backup files.

>>> persona = persona_from_mnemonic(mnemonic_of(bytes(16)), password="")
>>> persona.identifier
'ec_key:secp256k1/Ajewu3qCiNOO1JpSS13JjP8+tcqCTJ+dwN|bPZzWAPKZ'
>>> import_private_key(export_private_key(persona.private_key)) == persona.private_key
True

Public face; the other modules of this room are private. What a function returns may be secret: private keys, local keys, mnemonics
and decoded backups never belong in a log, and the reprs here hide them.

Source: spec `gun-personas-backup.md` C and D.
"""

from __future__ import annotations

from maskbot.wire.persona.backup import (
    Backup,
    BackupPersona,
    BackupPost,
    BackupProfile,
    BackupRecipient,
    BackupRelation,
    BackupWallet,
    Recipients,
    Skipped,
)
from maskbot.wire.persona.backup_container import MAX_FILE_BYTES, is_container
from maskbot.wire.persona.backup_file import OpenedBackup, open_backup, read_backup, write_backup
from maskbot.wire.persona.backup_v2_document import version_2_document
from maskbot.wire.persona.bio_key import check_character, keys_in_bio
from maskbot.wire.persona.derivation import (
    DERIVATION_PATH,
    MnemonicRecord,
    PersonaKeys,
    derive_local_key,
    persona_from_mnemonic,
    persona_from_private_key,
)
from maskbot.wire.persona.errors import (
    BackupBadChecksum,
    BackupUnknownFormat,
    BackupWrongPassword,
    InvalidIdentifier,
    InvalidMnemonic,
    InvalidPersonaKey,
    InvalidProof,
)
from maskbot.wire.persona.identifiers import (
    normalised_persona,
    normalised_profile,
    persona_identifier,
    post_identifier,
    post_iv_identifier,
    profile_identifier,
    public_key_hex,
    public_key_of_identifier,
)
from maskbot.wire.persona.key_text import export_private_key, import_private_key, private_jwk
from maskbot.wire.persona.mnemonic import ENTROPY_BYTES, entropy_of, mnemonic_of
from maskbot.wire.persona.proof_post import (
    KeyClaim,
    ProofPost,
    proven_key,
    read_proof_post,
    reserialised,
    sign_payload,
    write_proof_post,
)
from maskbot.wire.persona.signature import ethereum_address, personal_sign, recover_signer
from maskbot.wire.persona.stored_key import StoredKey, stored_aes_key, stored_private_key, stored_public_key

__all__ = [
    "DERIVATION_PATH",
    "ENTROPY_BYTES",
    "MAX_FILE_BYTES",
    "Backup",
    "BackupBadChecksum",
    "BackupPersona",
    "BackupPost",
    "BackupProfile",
    "BackupRecipient",
    "BackupRelation",
    "BackupUnknownFormat",
    "BackupWallet",
    "BackupWrongPassword",
    "InvalidIdentifier",
    "InvalidMnemonic",
    "InvalidPersonaKey",
    "InvalidProof",
    "KeyClaim",
    "MnemonicRecord",
    "OpenedBackup",
    "PersonaKeys",
    "ProofPost",
    "Recipients",
    "Skipped",
    "StoredKey",
    "check_character",
    "derive_local_key",
    "entropy_of",
    "ethereum_address",
    "export_private_key",
    "import_private_key",
    "is_container",
    "keys_in_bio",
    "mnemonic_of",
    "normalised_persona",
    "normalised_profile",
    "open_backup",
    "persona_from_mnemonic",
    "persona_from_private_key",
    "persona_identifier",
    "personal_sign",
    "post_identifier",
    "post_iv_identifier",
    "private_jwk",
    "profile_identifier",
    "proven_key",
    "public_key_hex",
    "public_key_of_identifier",
    "read_backup",
    "read_proof_post",
    "recover_signer",
    "reserialised",
    "sign_payload",
    "stored_aes_key",
    "stored_private_key",
    "stored_public_key",
    "version_2_document",
    "write_backup",
    "write_proof_post",
]
