"""What can go wrong in the store, and the translation of the database's own errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from maskbot.domain.errors import MaskbotError, Misconfigured, Refused, Unavailable


class StaleLease(Refused):
    """The lease of a job was taken over: whatever was about to be recorded belongs to somebody else now."""

    kind = "StaleLease"


class IllegalMove(Refused):
    """A change of state that the lifecycle graph does not have, or from another state than expected."""

    kind = "IllegalMove"


class NoSuchRow(Refused):
    """The row that was asked for, or that the new row points to, does not exist."""

    kind = "NoSuchRow"


class AlreadyThere(Refused):
    """A row that must be unique is there already."""

    kind = "AlreadyThere"


class StoreBusy(Unavailable):
    """The database is locked, away or out of connections; nothing was recorded."""

    kind = "StoreBusy"


class StoreUnusable(Misconfigured):
    """The database cannot be used as it is: wrong address, rights, schema, or a damaged file."""

    kind = "StoreUnusable"


_UNWRITABLE = ("readonly database", "read-only transaction", "unable to open database", "permission denied")
_FOREIGN = (
    "not a database",
    "malformed",
    "unsupported file format",
    "no such table",
    "no such column",
    "does not exist",
    "already exists",
    "authentication failed",
)


@contextmanager
def translated() -> Iterator[None]:
    """Turns the database's errors into ours; a statement or a value never appears in the message."""
    try:
        yield
    except MaskbotError:
        raise
    except IntegrityError as error:
        raise _of_integrity(error) from error
    except PoolTimeout as error:
        raise StoreBusy("no database connection became free in time", retry_after_s=1.0) from error
    except (OperationalError, InterfaceError) as error:
        raise _of_operation(error) from error
    except DBAPIError as error:
        if error.connection_invalidated or _says(error, _UNWRITABLE + _FOREIGN):
            raise _of_operation(error) from error
        raise


def _of_integrity(error: IntegrityError) -> Refused:
    if _says(error, ("foreign key",)):
        return NoSuchRow("the new row points to a row that does not exist")
    return AlreadyThere("a row that must be unique is there already")


def _of_operation(error: DBAPIError) -> MaskbotError:
    if _says(error, _UNWRITABLE):
        return StoreUnusable(
            "the database cannot be opened or written: check the path and its rights, or the user's grants"
        )
    if _says(error, _FOREIGN):
        return StoreUnusable(
            "the database is not one of ours in this version: run `maskbot db upgrade`, or restore a backup"
        )
    return StoreBusy("the database is locked or away; nothing was recorded", retry_after_s=1.0)


def _says(error: DBAPIError, phrases: tuple[str, ...]) -> bool:
    text = str(error.orig).lower()
    return any(phrase in text for phrase in phrases)
