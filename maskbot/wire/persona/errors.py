"""What can be wrong with mnemonics, persona keys, proof posts and backup files.

Source: spec `conformance.md` 2 (kinds), `gun-personas-backup.md` C and D.
"""

from __future__ import annotations

from maskbot.domain.errors import Malformed, Refused


class InvalidMnemonic(Malformed):
    """Not 12, 15, 18, 21 or 24 words of the English BIP39 list with a right checksum, in lower case with single blanks."""

    kind = "PersonaException.InvalidMnemonic"


class InvalidPersonaKey(Malformed):
    """The text is no exported private key of a persona."""

    kind = "PersonaException.InvalidKey"


class InvalidIdentifier(Malformed):
    """The text is no identifier of the asked kind."""

    kind = "PersonaException.InvalidIdentifier"


class InvalidProof(Malformed):
    """The post is no proof that its author holds a persona key."""

    kind = "PersonaException.InvalidProof"


class BackupUnknownFormat(Malformed):
    """Neither a backup container nor a backup object of version 0, 1 or 2, or one that cannot be imported."""

    kind = "BackupException.UnknownFormat"


class BackupBadChecksum(Malformed):
    """The container is damaged or incomplete."""

    kind = "BackupException.BadChecksum"


class BackupWrongPassword(Refused):
    """The password (for cloud files: account and password) does not open the container."""

    kind = "BackupException.WrongPassword"
