"""Personas, contacts and the inbox from the command line, with a real vault behind its socket."""

from __future__ import annotations

import json
from pathlib import Path

from maskbot.domain.inbox import InboxItem
from maskbot.ports.inside import Place
from maskbot.wire.crypto.secp256k1 import public_key_of
from maskbot.wire.persona import keys_in_bio, persona_from_mnemonic
from tests.unit.cli.operator import Operator

MNEMONIC = "legal winner thank year wave sausage worth useful legal winner thank yellow"
KEY = public_key_of(bytes([0] * 31 + [7]))


def test_a_new_persona_is_listed_shown_and_published(operator: Operator) -> None:
    made = operator.run("persona", "new", "alpha", "--json").json
    (row,) = operator.run("persona", "list", "--json").json
    assert "0x" + row["public_key"] == made["public_key"]
    assert operator.run("persona", "show", made["identifier"], "--json").json == made
    for form in ("lock", "mask"):
        text = operator.run("persona", "publish", "bio", "alpha", "--form", form).out
        assert keys_in_bio(text) == (bytes.fromhex(made["public_key"][2:]),)


def test_a_name_is_taken_once(operator: Operator) -> None:
    operator.run("persona", "new", "alpha")
    ran = operator.run("persona", "new", "alpha")
    assert ran.status == 3
    assert "another name" in ran.err


def test_a_mnemonic_comes_by_standard_input_file_or_variable_and_never_as_an_argument(
    operator: Operator, tmp_path: Path
) -> None:
    expected = "0x" + persona_from_mnemonic(MNEMONIC, password="").public_key.hex()
    made = operator.run("persona", "import", "mnemonic", "a", "--file", "-", "--json", stdin=MNEMONIC + "\n").json
    assert made["public_key"] == expected
    again = operator.run("persona", "import", "mnemonic", "b", "--env", "WORDS", WORDS=MNEMONIC)
    assert again.status == 3
    assert MNEMONIC not in again.err
    assert operator.run("persona", "import", "mnemonic", "c").status == 6
    assert operator.run("persona", "import", "mnemonic", "d", "--file", "-", stdin="not words").status == 2


def test_the_refused_copy_of_a_key_leaves_no_secret_behind(operator: Operator) -> None:
    operator.run("persona", "import", "mnemonic", "a", "--env", "WORDS", WORDS=MNEMONIC)
    operator.run("persona", "import", "mnemonic", "b", "--env", "WORDS", WORDS=MNEMONIC)
    assert [row["name"] for row in operator.run("persona", "list", "--json").json] == ["a"]


def test_an_exported_key_comes_back_the_same(operator: Operator, tmp_path: Path) -> None:
    made = operator.run("persona", "new", "alpha", "--json").json
    target = tmp_path / "key.txt"
    assert operator.run("persona", "export", "alpha", "--to", str(target)).status == 0
    assert target.stat().st_mode & 0o777 == 0o600
    assert operator.run("persona", "export", "alpha", "--to", str(target)).status == 6
    operator.run("persona", "erase", "alpha", "--yes")
    back = operator.run("persona", "import", "private-key", "beta", "--file", str(target), "--json").json
    assert back["public_key"] == made["public_key"]


def test_personas_are_linked_to_people_within_their_tenant(operator: Operator) -> None:
    operator.run("tenant", "add", "other")
    made = operator.run("persona", "new", "alpha", "--json").json
    operator.run("persona", "link", "alpha", "x:77")
    with operator.parts.store.read() as work:
        (found,) = work.personas.linked_to(tenant_id=made["tenant_id"], person="x:77")  # type: ignore[arg-type]  # a person id
    assert found.id == made["id"]
    assert operator.run("persona", "link", "alpha", "somebody").status == 2
    assert operator.run("persona", "show", "alpha", "--tenant", "other").status == 3


def test_a_contact_keeps_the_operators_key_and_reads_hex_and_identifiers(operator: Operator) -> None:
    added = operator.run("contact", "add", "@alice", "--key", KEY.hex(), "--json").json
    assert (added["author"], added["source"]) == ("person:twitter.com/alice", "operator")
    operator.run("contact", "add", "bob@Mastodon.Example", "--key", "0x" + KEY.hex())
    authors = {row["author"] for row in operator.run("contact", "list", "--json").json}
    assert authors == {"person:twitter.com/alice", "person:mastodon.example/bob"}
    assert operator.run("contact", "add", "carol", "--key", "02" + "ff" * 32).status == 2
    assert operator.run("contact", "add", "a b", "--key", KEY.hex()).status == 2
    assert operator.run("contact", "add", "dave@m.example").status == 2


def test_the_inbox_shows_opened_texts_to_the_operator(operator: Operator) -> None:
    made = operator.run("persona", "new", "alpha", "--json").json
    item = InboxItem(
        "i1", made["tenant_id"], made["id"], "x", "1", "x:5", "person:twitter.com/eve", "", None, 1_700_000_000_000
    )
    content = json.dumps({"text": "hello\x1b[31m you", "meta": None}).encode()
    (sealed,) = operator.parts.vault.protect([(Place("inbox", "i1", made["tenant_id"], "text"), content)])
    with operator.parts.store.write() as work:
        assert work.inbox.add(item, sealed=sealed)
    (row,) = operator.run("inbox", "list", "--json").json
    assert row["text"] == "hello\x1b[31m you"
    shown = operator.run("inbox", "show", "i1")
    assert "hello" in shown.out
    assert "\x1b" not in shown.out
    assert operator.run("inbox", "show", "i2").status == 3
    assert operator.run("inbox", "list", "--persona", "nobody").status == 3


def test_a_webhook_is_set_with_a_fresh_secret_and_cleared(operator: Operator) -> None:
    made = operator.run("persona", "new", "alpha", "--json").json
    first = operator.run("inbox", "webhook", "set", "alpha", "https://example.org/h", "--json").json
    second = operator.run("inbox", "webhook", "set", "alpha", "https://example.org/h", "--json").json
    assert first["secret"] != second["secret"]
    with operator.parts.store.read() as work:
        webhook = work.inbox.webhook(made["id"])
    assert webhook is not None
    place = Place("persona", made["id"], made["tenant_id"], "webhook")
    assert operator.parts.vault.reveal([(place, webhook[1])]) == (second["secret"].encode(),)
    shown = operator.run("inbox", "webhook", "show", "alpha")
    assert second["secret"] not in shown.out
    assert "example.org" in shown.out
    operator.run("inbox", "webhook", "clear", "alpha")
    assert operator.run("inbox", "webhook", "show", "alpha", "--json").json["url"] is None
    for url in ("http://example.org/h", "https://u:p@example.org/", "example.org", "https://"):
        assert operator.run("inbox", "webhook", "set", "alpha", url).status == 2


def test_no_secret_lies_in_clear_in_the_home(operator: Operator) -> None:
    operator.run("persona", "import", "mnemonic", "a", "--env", "WORDS", WORDS=MNEMONIC)
    secret = operator.run("inbox", "webhook", "set", "a", "https://example.org/h", "--json").json["secret"]
    private = persona_from_mnemonic(MNEMONIC, password="").private_key
    stored = b"".join(path.read_bytes() for path in operator.settings.home.glob("maskbot.db*"))
    for needle in (MNEMONIC.encode(), secret.encode(), private, private.hex().encode()):
        assert needle not in stored
