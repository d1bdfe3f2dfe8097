"""No import of ours raises the recursion limit: a nested JSON bomb must raise RecursionError, not kill the process (E6)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_IMPORT_ALL = """
import importlib, pkgutil, sys
import maskbot, workers
limit = sys.getrecursionlimit()
for package in (maskbot, workers):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not module.name.endswith("__main__") and ".migrations" not in module.name and "lifeline" not in module.name:
            importlib.import_module(module.name)
        if sys.getrecursionlimit() > limit:
            sys.exit(module.name + " raised the recursion limit")
"""


def test_no_module_raises_the_recursion_limit() -> None:
    done = subprocess.run([sys.executable, "-c", _IMPORT_ALL], cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_keystore_read_by_itself_leaves_the_limit_where_it_was() -> None:
    run = """
import sys
from maskbot.adapters.keystore import open_keystore
from maskbot.domain.errors import Malformed
limit = sys.getrecursionlimit()
try:
    open_keystore(b"[" * 60_000, password="x")
except Malformed:
    sys.exit(sys.getrecursionlimit() != limit)
sys.exit("a bomb was read")
"""
    done = subprocess.run([sys.executable, "-c", run], cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_hash_of_a_safe_transaction_leaves_the_limit_where_it_was_and_no_part_imports_its_library() -> None:
    run = """
import sys
from maskbot.adapters.safe_hash import SafeEthHasher
from maskbot.domain.money import NATIVE
from maskbot.domain.safe import SafeTx
from maskbot.domain.transaction import ContractCall
import maskbot.adapters.vault, maskbot.flows.act.sweep_safe, workers.app, workers.task, workers.watch
assert "safe_eth" not in sys.modules and "eth" not in sys.modules
limit = sys.getrecursionlimit()
assert len(SafeEthHasher().hash(SafeTx(1, NATIVE, ContractCall(NATIVE, 0), False, 0))) == 32
sys.exit(sys.getrecursionlimit() != limit or "safe_eth" not in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", run], cwd=_ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_json_bomb_is_an_error_in_this_very_process() -> None:
    try:
        json.loads("[" * 200_000)
    except RecursionError:
        return
    raise AssertionError("a JSON bomb was read")
