"""Accounts are added on real platform servers, feeds are watched, broadcasts are planned: all from the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.cli.account import instance_url
from maskbot.cli.broadcast import read_slot
from maskbot.cli.persona_publish import BioForm, bio_text
from maskbot.domain.approval import is_approver_name
from maskbot.domain.errors import Malformed, Refused
from maskbot.domain.identity import PublicKey
from maskbot.sandbox.mastodon import MastodonServer, SandboxAccount
from maskbot.wire.crypto.secp256k1 import public_key_of
from tests.unit.cli.operator import Operator, operator_at_work

BOT = SandboxAccount("maskbot")
BIO_KEY = public_key_of(bytes([0] * 31 + [1]))
ALICE = SandboxAccount("alice", note=f"my key: {bio_text(PublicKey(BIO_KEY), BioForm.MASK).strip('🎭')}")
KEYS = [public_key_of(bytes([0] * 31 + [n])).hex() for n in (7, 8, 9)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonServer]:
    with MastodonServer(tmp_path_factory.mktemp("mastodon"), accounts=[BOT, ALICE]) as running:
        yield running


@pytest.fixture
def host(operator: Operator, server: MastodonServer) -> Operator:
    """An operator who hosts @maskbot on Mastodon."""
    added = operator.run("account", "add", "mastodon", server.base_url, "--token-file", "-", stdin=BOT.token + "\n")
    assert added.status == 0, added.err
    return operator


def test_an_account_is_added_by_token_with_its_bot_flag_set(host: Operator) -> None:
    (row,) = host.run("account", "list", "--json").json
    assert (row["platform"], row["state"], row["handle"].split("@")[0]) == ("mastodon", "active", "maskbot")
    assert "secret" not in row
    assert host.parts.feed_of(row["id"]).whoami().is_bot
    stored = b"".join(path.read_bytes() for path in host.settings.home.glob("maskbot.db*"))
    assert BOT.token.encode() not in stored


def test_adding_it_again_renews_the_token_of_the_same_account(host: Operator, server: MastodonServer) -> None:
    before = host.run("account", "list", "--json").json
    host.run("account", "pause", "maskbot")
    host.run("account", "add", "mastodon", server.base_url, "--token-env", "TOKEN", TOKEN=BOT.token)
    (after,) = host.run("account", "list", "--json").json
    assert (after["id"], after["state"]) == (before[0]["id"], "active")


def test_a_refused_token_is_told_and_nothing_is_recorded(operator: Operator, server: MastodonServer) -> None:
    ran = operator.run("account", "add", "mastodon", server.base_url, "--token-env", "TOKEN", TOKEN="canary-token")
    assert ran.status == 6
    assert "canary-token" not in ran.err + ran.out
    assert operator.run("account", "list", "--json").json == []


def test_an_account_is_paused_resumed_and_removed(host: Operator) -> None:
    host.run("account", "pause", "maskbot", "--reason", "moving")
    (row,) = host.run("account", "list", "--json").json
    assert (row["state"], row["reason"]) == ("paused", "moving")
    host.run("account", "resume", row["id"])
    host.run("account", "remove", "maskbot", "--yes")
    assert host.run("account", "list", "--json").json == []
    assert host.run("account", "pause", "maskbot").status == 3


def test_feeds_are_watched_by_handle_and_personas_watch_them(host: Operator) -> None:
    host.run("persona", "new", "alpha")
    home = host.run("account", "feed", "add", "maskbot", "home", "--json").json
    named = host.run("account", "feed", "add", "maskbot", "profile", "alice", "--json").json
    assert named["target"]
    assert {row["kind"] for row in host.run("account", "feed", "list", "--json").json} == {
        "mentions",
        "home",
        "profile",
    }
    assert host.run("persona", "watch", "alpha", home["id"]).status == 0
    with host.parts.store.read() as work:
        assert [persona.name for persona in work.personas.watching(home["id"])] == ["alpha"]
    assert host.run("persona", "watch", "alpha", "nothing").status == 3
    assert host.run("account", "feed", "add", "maskbot", "profile", "nobody-here").status == 3
    assert host.run("account", "feed", "add", "maskbot", "home", "x").status == 2
    host.run("account", "feed", "remove", home["id"])
    assert host.run("account", "feed", "remove", home["id"]).status == 3


def test_a_contacts_key_is_found_in_their_bio(host: Operator) -> None:
    added = host.run("contact", "add", "alice@m.example", "--via", "maskbot", "--json")
    assert added.status == 3  # another server's alice
    found = host.run("contact", "add", "alice", "--via", "maskbot", "--json").json
    assert (found["source"], found["public_key"][:8]) == ("bio", "0x" + BIO_KEY.hex()[:6])


def test_a_person_is_linked_by_handle(host: Operator) -> None:
    host.run("persona", "new", "alpha")
    linked = host.run("persona", "link", "alpha", "alice", "--via", "maskbot", "--json").json
    assert linked["person"].startswith("http")


def test_an_approver_is_named_by_what_a_rename_does_not_change(host: Operator) -> None:
    named = host.run("approval", "who", "@alice", "--via", "maskbot", "--json").json
    assert named["approver"].startswith("mastodon:http")
    assert is_approver_name(named["approver"])
    assert host.run("approval", "who", "nobody-here", "--via", "maskbot").status == 3


def test_a_broadcast_is_planned_shown_widened_and_cancelled(host: Operator, tmp_path: Path) -> None:
    host.run("persona", "new", "alpha")
    host.run("contact", "add", "carol", "--key", KEYS[0])
    (tmp_path / "to").write_text(f"# members\ncarol\n{KEYS[1]}\n\n")
    order = ("broadcast", "plan", "-p", "alpha", "-a", "maskbot", "--file", "-", "--to-file", str(tmp_path / "to"))
    planned = host.run(*order, "--at", "+2h", "--title", "first", "--json", stdin="gm\n").json
    assert planned["recipients"] == 2
    shown = host.run("broadcast", "show", planned["id"], "--json").json
    assert (shown["state"], shown["title"], shown["recipients"]) == ("sealed", "first", 2)
    assert shown["relays"][0]["done"] == 0
    widen = ("broadcast", "add-recipient", planned["id"], "--to", KEYS[2], "--json")
    assert host.run(*widen).json["added"] == 1
    assert host.run(*widen).json["added"] == 0
    assert "gm" not in host.run("broadcast", "show", planned["id"]).out
    assert host.run("broadcast", "cancel", planned["id"]).status == 0
    assert host.run("broadcast", "show", planned["id"], "--json").json["state"] == "cancelled"
    assert host.run("broadcast", "list", "--tenant", "default").status == 0


def test_a_broadcast_in_a_picture_is_planned(host: Operator) -> None:
    host.run("persona", "new", "alpha")
    planned = host.run(
        "broadcast", "plan", "-p", "alpha", "-a", "maskbot", "--text", "gm", "--to", KEYS[0], "--picture", "--json"
    )
    assert planned.json["recipients"] == 1
    long = host.run("broadcast", "plan", "-p", "alpha", "-a", "maskbot", "--text", "gm" * 900, "--public", "--picture")
    assert (long.status, "shorter" in long.err) == (3, True), long.err


@pytest.mark.parametrize(
    ("words", "status", "hint"),
    [
        (("--text", "x"), 3, "recipient"),
        (("--text", "x", "--to", "nobody"), 3, "maskbot contact add"),
        (("--text", "x", "--to", KEYS[0], "--public"), 2, "public"),
        (("--text", "x", "--file", "-", "--to", KEYS[0]), 2, "either"),
        (("--text", "", "--to", KEYS[0]), 3, "characters"),
        (("--text", "x", "--to", KEYS[0], "--at", "tomorrow"), 2, "--at"),
        (("--text", "x", "--to", KEYS[0], "--at", "2020-01-01"), 3, "later time"),
        (("--text", "x", "--to", "02" + "ff" * 32), 2, "public key"),
        (("--file", "/nowhere", "--to", KEYS[0]), 6, "cannot be read"),
    ],
)
def test_a_wrong_order_says_what_to_change(host: Operator, words: tuple[str, ...], status: int, hint: str) -> None:
    host.run("persona", "new", "alpha")
    ran = host.run("broadcast", "plan", "-p", "alpha", "-a", "maskbot", *words)
    assert (ran.status, hint in ran.err) == (status, True), ran.err
    assert host.run("broadcast", "list", "--json").json == []


def test_nothing_of_one_tenant_is_found_by_another(host: Operator) -> None:
    host.run("tenant", "add", "other")
    host.run("persona", "new", "theirs", "--tenant", "other")
    ran = host.run("broadcast", "plan", "-p", "theirs", "-a", "maskbot", "--text", "x", "--public")
    assert ran.status == 3
    assert host.run("account", "pause", "maskbot", "--tenant", "other").status == 3


def test_x_keys_are_taken_whole_or_not_at_all(operator: Operator) -> None:
    for text in ("[]", "{", json.dumps({"consumer_key": 1}), json.dumps({"consumer_key": "canary"})):
        ran = operator.run("account", "add", "x", "--keys-file", "-", stdin=text)
        assert ran.status in (2, 6)
        assert "canary" not in ran.err
    assert operator.run("account", "list", "--json").json == []


@pytest.mark.parametrize(
    ("written", "url"),
    [
        ("mastodon.social", "https://mastodon.social"),
        ("https://m.example/", "https://m.example"),
        ("m.example:8443", "https://m.example:8443"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
    ],
)
def test_an_instance_is_named_by_its_host(written: str, url: str) -> None:
    assert instance_url(written) == url


@pytest.mark.parametrize(
    "written", ["http://m.example", "m.example/web", "https://u@m.example", "", "ftp://m.example", "[::1"]
)
def test_other_addresses_are_no_instances(written: str) -> None:
    with pytest.raises(Malformed):
        instance_url(written)


def test_slots_are_read_in_utc_unless_they_say_otherwise() -> None:
    assert read_slot("now", now_ms=7) == 7
    assert read_slot("+90m", now_ms=0) == 5_400_000
    assert read_slot("2026-12-01T18:00+01:00", now_ms=0) == read_slot("2026-12-01T17:00", now_ms=0)
    with pytest.raises(Refused):
        read_slot("1970-01-01", now_ms=10**12)
    for text in ("+m", "+1x", "", "+99999999d"):
        with pytest.raises(Malformed):
            read_slot(text, now_ms=0)


def test_check_finds_a_whole_installation_well(server: MastodonServer) -> None:
    with operator_at_work(gun_relays=("http://127.0.0.1:9/gun",)) as operator:
        operator.run("account", "add", "mastodon", server.base_url, "--token-env", "TOKEN", TOKEN=BOT.token)
        ran = operator.run("check", "--json")
    found = {line["part"]: line for line in json.loads(ran.out)}
    assert ran.status == 1  # the relay does not run
    assert {part for part, line in found.items() if line["state"] == "wrong"} == {"relay"}
    assert "MASKBOT_GUN_RELAYS" in found["relay"]["todo"]
    assert {
        found[part]["state"] for part in ("python", "settings", "home", "policy", "database", "vault", "account")
    } == {"well"}


def test_check_names_what_is_wrong_and_goes_on(operator: Operator, tmp_path: Path) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("[default]\nburst = 0\n")
    ran = operator.run(
        "check",
        MASKBOT_POLICY_FILE=str(policy),
        MASKBOT_GUN_RELAYS="http://127.0.0.1:9/gun",
        MASKBOT_REDIS_URL=f"redis+socket://{tmp_path}/none.sock",
        MASKBOT_X_API_BASE_URL="http://127.0.0.1:9",
        MASKBOT_GUN_RELAY="x",
    )
    assert ran.status == 1
    assert "✗ policy" in ran.out
    assert "✗ redis" in ran.out
    assert "! settings: unknown: MASKBOT_GUN_RELAY (did you mean MASKBOT_GUN_RELAYS?)" in ran.out
    assert "✓ database" in ran.out


def test_check_of_settings_that_cannot_be_read_stops_there(operator: Operator) -> None:
    ran = operator.run("check", MASKBOT_LEASE_S="long")
    assert ran.status == 1
    assert "✗ settings: MASKBOT_LEASE_S" in ran.out
    assert "database" not in ran.out
