"""Node and the npm parts: found, installed once, locked without download addresses."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from maskbot.sandbox import node

LOCK = Path(node.__file__).with_name("parts") / "package-lock.json"


@pytest.fixture(scope="module")
def parts() -> Path:
    return node.install(say=lambda line: None)


def test_a_node_that_is_new_enough_is_found() -> None:
    assert node.find_node().executable.is_file()


def test_the_lock_holds_integrity_hashes_and_no_download_addresses() -> None:
    packages = json.loads(LOCK.read_text())["packages"]
    locked = {name: entry for name, entry in packages.items() if name}

    assert locked["node_modules/gun"]["version"] == "0.2020.1241"
    assert all(entry["integrity"].startswith("sha512-") for entry in locked.values())
    assert not any("resolved" in entry for entry in packages.values())
    assert "://registry" not in LOCK.read_text()


def test_an_install_that_is_up_to_date_returns_without_starting_npm(parts: Path) -> None:
    said: list[str] = []
    began_s = time.process_time()

    assert node.install(parts, say=said.append) == parts

    assert said == [f"parts: up to date in {parts}"]
    assert time.process_time() - began_s < 0.1


def test_two_installs_at_once_both_end_with_the_parts_in_place(tmp_path: Path) -> None:
    said: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        folders = list(pool.map(lambda _: node.install(tmp_path / "parts", say=said.append), range(2)))

    assert folders == [tmp_path / "parts"] * 2
    assert (tmp_path / "parts" / "node_modules" / "gun" / "package.json").is_file()
    assert sum(line.startswith("parts: installing") for line in said) == 1


def test_missing_parts_name_the_command_that_installs_them(tmp_path: Path) -> None:
    with pytest.raises(node.NodeMissing, match=r"maskbot\.sandbox\.node install"):
        node.installed_parts(tmp_path)


def test_any_other_command_line_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert node.main(["remove"]) == 2
    assert "usage:" in capsys.readouterr().err
