"""Every package that the service imports is named in pyproject.toml, not merely brought along by another one."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_NAMES = {
    "PIL": "pillow",
    "mastodon": "mastodon-py",
    "fontTools": "fonttools",
    "resvg_py": "resvg-py",
    "py_ecc": "py-ecc",
    "Crypto": "pycryptodome",
    "safe_eth": "safe-eth-py",
}
_BROUGHT = {"kombu": "celery"}
"""Parts of a named package's own interface that lie in another distribution."""


def _imported(folder: str) -> set[str]:
    found = set()
    for path in (_ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - set(sys.stdlib_module_names) - {"maskbot", "workers"}


def test_every_import_of_the_service_is_a_named_dependency() -> None:
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    extras = [name for group in project["optional-dependencies"].values() for name in group]
    named = {
        re.split(r"[\[<>=!~; ]", name)[0].lower().replace("_", "-").replace(".", "-")
        for name in [*project["dependencies"], *extras]
    }
    missing = {
        module
        for module in _imported("maskbot") | _imported("workers")
        if _NAMES.get(module, _BROUGHT.get(module, module)).lower().replace("_", "-") not in named
    }
    assert missing == set()
