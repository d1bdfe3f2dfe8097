"""How lists are shown: a table on a terminal, tab-separated lines in a pipe, JSON when asked.

What came from outside is shown without control characters: a handle must not steer a terminal.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

Row = Mapping[str, Any]


def show_rows(rows: Iterable[Row], columns: Sequence[str], *, as_json: bool, empty: str) -> None:
    """Print the rows: all fields as JSON, or the named columns. `empty` is what to say when there are none."""
    found = list(rows)
    if as_json:
        show_json(found)
    elif not found:
        print(empty, file=sys.stderr)
    elif sys.stdout.isatty():
        _table(found, columns)
    else:
        print("\t".join(columns))
        for row in found:
            print("\t".join(cell(name, row.get(name)) for name in columns))


def show_json(value: object) -> None:
    """Print a value as JSON, one document."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def show_fields(row: Row, *, as_json: bool) -> None:
    """Print one thing, a line for each field."""
    if as_json:
        show_json(dict(row))
        return
    width = max(len(name) for name in row)
    for name, value in row.items():
        print(f"{_title(name):<{width}}  {cell(name, value)}")


def cell(name: str, value: object) -> str:
    """A value as one line of text: times as UTC, lists joined, nothing as `-`, no control characters."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith("_ms") and value > 10**11:
        return datetime.fromtimestamp(value / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, Mapping):
        return " ".join(cell(key, item) for key, item in value.items())
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(cell("", item) for item in value)
    return printable(str(value))


def printable(text: str, *, keep_lines: bool = False) -> str:
    """The text without control and direction-changing characters, which a terminal would obey."""
    kept = "\n\t" if keep_lines else ""
    return "".join(char if char.isprintable() or char in kept else " " for char in text)


def _table(rows: Sequence[Row], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(_title(name), overflow="fold", no_wrap=name == "id")
    for row in rows:
        table.add_row(*(Text(cell(name, row.get(name))) for name in columns))
    Console().print(table)


def _title(name: str) -> str:
    return name.removesuffix("_ms").replace("_", " ")
