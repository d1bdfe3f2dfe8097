"""Column kinds of the store's tables: ids, times, and texts that strangers choose."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import BigInteger, Column, Dialect, Text
from sqlalchemy.types import TypeDecorator

KEY_CHARACTERS_MAX = 500


def key_text(text: str) -> str:
    """The text as it is used in indexes: a stranger's id that no database would take (NUL, lone surrogate) is escaped, and one
    longer than 500 characters is cut and named by its digest, since PostgreSQL refuses index rows above 2,704 bytes."""
    if len(text) <= KEY_CHARACTERS_MAX and text.isprintable():
        return text
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        text = text.encode("unicode_escape").decode("ascii")
    if len(text) <= KEY_CHARACTERS_MAX:
        return text
    return f"{text[:200]}#sha256:{hashlib.sha256(text.encode()).hexdigest()}"


class Key(TypeDecorator[str]):
    """A text from outside that is looked up or shown: a name, an id, a verb."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - the signature is SQLAlchemy's
        """The value as stored."""
        return None if value is None else key_text(value)


def row_id() -> Column[str]:
    """The primary key: a UUIDv7 as text."""
    return Column("id", Text, primary_key=True)


def text(name: str, **options: Any) -> Column[str]:
    """A text of ours, present unless `nullable` is set."""
    return Column(name, Text, **{"nullable": False, **options})


def key(name: str, **options: Any) -> Column[str]:
    """A short text from outside, in a form every database takes, present unless `nullable` is set."""
    return Column(name, Key, **{"nullable": False, **options})


def moment(name: str, **options: Any) -> Column[int]:
    """A time or a count in 64 bits: names end in `_ms` for Unix time in milliseconds."""
    return Column(name, BigInteger, **{"nullable": False, **options})
