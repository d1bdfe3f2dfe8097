"""Secrets come in by file, environment variable or hidden prompt; never as an argument, which other users can see."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from maskbot.domain.errors import Malformed, Misconfigured

SIZE_LIMIT = 16 << 20


def read_secret(*, what: str, file: Path | None, variable: str | None) -> str:
    """The secret from the file (`-`: standard input), else from the environment variable, else asked for without echo.

    A line feed at the end is not part of it. Raises Misconfigured if it cannot be read, Malformed if it is empty.
    """
    text = _read(what, file, variable).rstrip("\r\n")
    if not text:
        raise Malformed(f"{what}: got nothing")
    return text


def read_secret_bytes(*, what: str, file: Path) -> bytes:
    """The content of a secret file, at most 16 MiB. Raises Misconfigured if it cannot be read."""
    try:
        if file.stat().st_size > SIZE_LIMIT:
            raise Malformed(f"{what}: {file} is larger than {SIZE_LIMIT >> 20} MiB")
        return file.read_bytes()
    except OSError as error:
        raise Misconfigured(f"{what}: {file} cannot be read ({error.strerror})") from error


def write_secret(path: Path, content: bytes) -> None:
    """Write a new file that only its owner can read. Raises Misconfigured if it exists or cannot be made."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise Misconfigured(f"{path} exists; name another file") from error
    except OSError as error:
        raise Misconfigured(f"{path} cannot be made ({error.strerror}); name another file") from error
    with os.fdopen(descriptor, "wb") as output:
        output.write(content)


def _read(what: str, file: Path | None, variable: str | None) -> str:
    if file is not None:
        if str(file) == "-":
            return sys.stdin.read(SIZE_LIMIT)
        try:
            return read_secret_bytes(what=what, file=file).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed(f"{what}: {file} is no UTF-8 text") from error
    if variable is not None:
        value = os.environ.get(variable)
        if value is None:
            raise Misconfigured(f"{what}: the environment variable {variable} is not set")
        return value
    if not sys.stdin.isatty():
        raise Misconfigured(f"{what}: there is no terminal to ask on; name a file or an environment variable")
    return getpass.getpass(f"{what}: ")
