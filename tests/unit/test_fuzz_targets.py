"""Every fuzz target runs for its share of 30 s in the gate; `make fuzz` gives each of them ten minutes (issue 3).

The targets are found by their names, so that a new one cannot be forgotten. Each is a process of its own, as in `make fuzz`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = sorted(file.stem for file in (ROOT / "tests" / "fuzz").glob("fuzz_*.py"))
SECONDS_IN_ALL = 30


def test_every_room_of_the_wire_that_decodes_mask_bytes_has_a_target() -> None:
    assert {"fuzz_backup", "fuzz_gun", "fuzz_payload", "fuzz_picture"} <= set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_a_share_of_thirty_seconds_finds_nothing(target: str, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    environment["FUZZ_SECONDS"] = str(SECONDS_IN_ALL / len(TARGETS))
    run = subprocess.run(
        [sys.executable, "-m", f"tests.fuzz.{target}"],
        cwd=tmp_path,  # where a finding's input is left
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-4000:]
