"""Rules of the house that no other tool holds (STYLE.md, ARCHITECTURE.md section 3, reliability.md R26)."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[2]
LONGEST_FILE = 300  # lines
LONGEST_ETA_S = 30
UNWELCOME_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
PLACES = [
    "/wo" + "rk/(main|shared|[.]library)",
    "pypi" + "[.]org",
    "pythonhosted" + "[.]org",
    "registry[.]npmjs" + "[.]org",
    "deb[.]debian" + "[.]org",
    "--(extra-)?index-url[ =]https?:",
]
CREDENTIALS = ["-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]{32}", "AKIA[0-9A-Z]{16}", "ghp_[A-Za-z0-9]{36}"]


def modules() -> list[Path]:
    return sorted(path for room in ("maskbot", "workers") for path in (ROOT / room).rglob("*.py"))


def committed() -> Iterator[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return (path for name in listed.split("\0") if name and (path := ROOT / name).is_file())


def long_delays(source: str) -> list[int]:
    """The lines that give a task an `eta`, or a `countdown` that is not a number up to the limit."""
    return [
        call.lineno
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "eta" or (keyword.arg == "countdown" and not is_short(keyword.value))
    ]


def is_short(value: ast.expr) -> bool:
    is_number = isinstance(value, ast.Constant) and isinstance(value.value, int | float)
    return is_number and ast.literal_eval(value) <= LONGEST_ETA_S


def test_rooms_import_only_rooms_below_them() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_no_task_waits_in_redis_for_longer_than_30_seconds() -> None:
    found = {str(path.relative_to(ROOT)): long_delays(path.read_text()) for path in modules()}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("t.apply_async(countdown=31)", [1]),
        ("t.apply_async(eta=x)", [1]),
        ("t.apply_async(countdown=n)", [1]),
        ("t.retry(countdown=30)", []),
    ],
)
def test_the_rule_about_delays_notices_what_it_should(source: str, lines: list[int]) -> None:
    assert long_delays(source) == lines


def test_no_file_is_longer_than_300_lines() -> None:
    written = [
        path for path in modules() if path.parent.name != "versions"
    ]  # a migration is a record, not code to read
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in written}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_module_is_named_after_nothing() -> None:
    assert [str(path.relative_to(ROOT)) for path in modules() if {path.stem, path.parent.name} & UNWELCOME_NAMES] == []


def test_every_module_says_what_it_holds() -> None:
    undocumented = [
        path for path in modules() if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert [str(path.relative_to(ROOT)) for path in undocumented] == []


def test_no_committed_file_names_a_package_registry_this_machine_or_a_credential() -> None:
    pattern = re.compile("|".join(PLACES + CREDENTIALS))
    found = {}
    for path in committed():
        match = pattern.search(path.read_text(errors="replace"))
        if match:
            found[str(path.relative_to(ROOT))] = match[0][:60]
    assert found == {}
