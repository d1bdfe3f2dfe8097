"""What bad input gets (issue 2): a named error or silence, and nothing lost. Posts through the flows, start-ups as processes.

The others of the list have tests beside their code; docs/reliability.md says where.
"""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from maskbot.adapters.store.upgrade import upgrade
from maskbot.domain.identity import Profile
from tests.fakes.house import ALICE, BOB, House

# --- posts


@pytest.mark.parametrize("author", [ALICE, BOB], ids=["mastodon", "x"])
@pytest.mark.parametrize(
    "piece", ["a", "🎼4/4|", "@", "$E ", "https://mask.io/?PostData_v2=%20", "\x00", "\u202e", "((((", "🗳️"]
)
def test_a_mention_of_64_kib_is_answered_or_passed_over_beside_its_neighbours(
    author: Profile, piece: str, house: House
) -> None:
    giant = house.post(author, "help " + piece * (65_536 // len(piece.encode())))
    uri = None if author.actor_uri is None else "https://social.example/users/carol"
    neighbour = house.post(replace(author, user_id="77", handle="carol@social.example", actor_uri=uri), "help")
    assert house.collect(giant, neighbour) == 2
    house.answer()
    mention, _ = house.outcome(giant)
    assert mention.state in {"answered", "ignored", "waiting"}
    mention, reply = house.outcome(neighbour)
    assert mention.state == "answered"
    assert reply is not None


def test_an_edit_of_an_answered_post_is_not_a_second_question(house: House) -> None:
    """X gives every edit a new id and one root; Mastodon keeps the status id."""
    on_x = house.post(BOB, "help")
    house.collect(on_x)
    house.answer()
    assert house.collect(replace(on_x, post_id="999999", text="price eth")) == 0
    on_mastodon = house.post(ALICE, "help")
    house.collect(on_mastodon)
    house.answer()
    assert house.collect(replace(on_mastodon, text="price eth"), via="stream") == 0
    assert house.answer() == 0
    assert len(house.admin.deliveries(limit=10)) == 2


def test_a_post_deleted_before_it_was_decided_is_never_answered(house: House) -> None:
    post = house.post(ALICE, "help")
    house.collect(post)
    with house.store.write() as work:
        work.mentions.forget(account_id=house.accounts[post.platform].id, root_id=post.root_id)
    house.answer()
    mention, reply = house.outcome(post)
    assert (mention.state, mention.reason, reply) == ("ignored", "deleted", None)
    assert mention.post.text == ""


# --- start-ups


def start(home: Path, part: str, **variables: str) -> tuple[int, str]:
    """Run a part of the service until it gives up; exit status and what it said."""
    environment = {key: each for key, each in os.environ.items() if not key.startswith("MASKBOT_")}
    environment |= {"MASKBOT_HOME": str(home)} | {f"MASKBOT_{name}": value for name, value in variables.items()}
    ran = subprocess.run(
        [sys.executable, "-m", "workers.run", part],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in ran.stderr, ran.stderr
    return ran.returncode, ran.stderr


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_a_database_of_another_program_is_refused_and_left_alone(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE recipes (name TEXT)")
        other.execute("INSERT INTO recipes VALUES ('soup')")
    other.close()
    before = path.read_bytes()
    for part in ("upgrade", "tick"):
        status, said = start(home, part, DATABASE_URL=f"sqlite:///{path}")
        assert (status, said.count("maskbot: ")) == (6, 1), said
    assert path.read_bytes() == before


def test_a_database_of_a_newer_version_is_refused_by_every_part(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    upgrade(f"sqlite:///{path}")
    with sqlite3.connect(path) as newer:
        newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.close()
    for part in ("upgrade", "tick"):
        status, said = start(home, part, DATABASE_URL=f"sqlite:///{path}")
        assert (status, "newer" in said) == (6, True), said


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    status, said = start(tmp_path / "file" / "home", "tick")
    assert (status, str(tmp_path / "file") in said) == (6, True), said


def test_a_health_port_that_is_taken_is_named_with_its_variable(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, said = start(home, "tick", HEALTH_PORT=str(taken.getsockname()[1]))
    assert (status, "MASKBOT_HEALTH_PORT" in said) == (6, True), said


@pytest.mark.parametrize(
    ("name", "value"),
    [("LEASE_S", "soon"), ("X_API_BASE_URL", "ftp://x"), ("DATABASE_URL", "mysql://h/d")],
)
def test_a_variable_with_a_wrong_value_is_named(name: str, value: str, home: Path) -> None:
    status, said = start(home, "upgrade" if name == "DATABASE_URL" else "vault", **{name: value})
    assert (status, f"MASKBOT_{name}" in said) == (6, True), said


def test_a_postgres_that_is_not_there_is_told_and_nothing_hangs(home: Path) -> None:
    status, said = start(home, "upgrade", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (status, "maskbot: " in said) == (6, True), said


def test_a_key_that_is_none_is_named_with_its_variable(home: Path) -> None:
    upgrade_home(home)
    status, said = start(home, "vault", KEK="short")
    assert (status, "MASKBOT_KEK" in said, "short" in said) == (6, True, False), said


def upgrade_home(home: Path) -> None:
    home.mkdir(mode=0o700)
    upgrade(f"sqlite:///{home}/maskbot.db")
