"""The policy file: a TOML text that says what each instance's operator or DAO allows.

    [default]
    burst = 5
    [instance."mastodon.example"]
    commands = ["price", "help"]
    widest_reply = "unlisted"
    blocked_domains = ["spam.example"]

An instance's table starts from `[default]`. Source: social-platforms.md 7, reliability.md E4; the rules are in domain/policy.py.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from maskbot.domain.errors import Misconfigured
from maskbot.domain.policy import AccountPolicy, PolicyBook
from maskbot.domain.post import Visibility

SIZE_LIMIT = 1 << 20


def load_policy_book(path: Path | None) -> PolicyBook:
    """The policy book in the file; the default rules when there is no file to read.

    Raises:
        Misconfigured: the file cannot be read, is no TOML, or holds a key or value that means nothing; names the place.
    """
    if path is None:
        return PolicyBook()
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise Misconfigured(f"{path}: a policy file has at most {SIZE_LIMIT:,} bytes")
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"MASKBOT_POLICY_FILE: {path} cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path}: {error}") from error
    return _book(tables, path)


def _book(tables: Mapping[str, Any], path: Path) -> PolicyBook:
    for name in tables:
        if name not in ("default", "instance"):
            raise Misconfigured(f'{path}: [{name}] means nothing here; use [default] or [instance."host"]')
    default = _policy(tables.get("default", {}), AccountPolicy(), where=f"{path}: [default]")
    instances = tables.get("instance", {})
    if not isinstance(instances, dict):
        raise Misconfigured(f'{path}: write instances as tables: [instance."mastodon.example"]')
    return PolicyBook(
        default=default,
        by_instance={
            host.lower(): _policy(table, default, where=f'{path}: [instance."{host}"]')
            for host, table in instances.items()
        },
    )


def _policy(table: object, start: AccountPolicy, *, where: str) -> AccountPolicy:
    if not isinstance(table, dict):
        raise Misconfigured(f"{where} has to be a table")
    changes: dict[str, Any] = {}
    for key, value in table.items():
        if key not in _READERS:
            raise Misconfigured(f"{where}: {key} is not a rule; the rules are {', '.join(sorted(_READERS))}")
        try:
            changes[key] = _READERS[key](value)
        except ValueError as error:
            raise Misconfigured(f"{where}: {key}: {error}") from error
    try:
        return replace(start, **changes)
    except ValueError as error:
        raise Misconfigured(f"{where}: {error}") from error


def _words(value: object) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
        raise ValueError('expected a list of texts such as ["price", "help"]')
    return frozenset(word.strip().lower() for word in value)


def _visibility(value: object) -> Visibility:
    words = [visibility.value for visibility in Visibility]
    if value not in words:
        raise ValueError(f"expected one of {', '.join(words)}")
    return Visibility(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_000_000:
        raise ValueError("expected a whole number from 0 to 1,000,000")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= 86_400:
        raise ValueError("expected seconds above 0 and up to 86,400")
    return float(value)


def _claim(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


_READERS: Mapping[str, Callable[[object], object]] = {
    "commands": _words,
    "widest_reply": _visibility,
    "burst": _whole,
    "refill_s": _seconds,
    "thread_cap": _whole,
    "blocked_domains": _words,
    "allows_join": _claim,
    "joins_per_day": _whole,
    "joins_in_all": _whole,
}
