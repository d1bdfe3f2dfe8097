"""Values of columns that may be empty: what a database gives for bytes, addresses and whole numbers without bounds (as digits)."""

from __future__ import annotations

from maskbot.domain.money import Address


def bytes_or_none(value: bytes | None) -> bytes | None:
    """Bytes of any driver (psycopg and sqlite differ in their kind) as bytes."""
    return None if value is None else bytes(value)


def address_or_none(value: bytes | None) -> Address | None:
    """The 20 bytes of an address."""
    return None if value is None else Address(bytes(value))


def digits_or_none(number: int | None) -> str | None:
    """A whole number as it is stored: an amount has up to 256 bits, more than an integer column holds."""
    return None if number is None else str(number)


def number_or_none(digits: str | None) -> int | None:
    """The inverse of `digits_or_none`."""
    return None if digits is None else int(digits)
