"""The policy file: what it may say, and how precisely it is told what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskbot.domain.errors import Misconfigured
from maskbot.domain.policy import PolicyBook
from maskbot.domain.post import Visibility
from maskbot.settings import load_policy_book


def _write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "policy.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_allows_everything() -> None:
    assert load_policy_book(None) == PolicyBook()


def test_an_instance_starts_from_the_default(tmp_path: Path) -> None:
    text = """
        [default]
        burst = 3
        [instance."Mastodon.Example"]
        commands = ["Price", "help"]
        widest_reply = "unlisted"
        blocked_domains = ["spam.example"]
        refill_s = 10
        allows_join = false
    """
    book = load_policy_book(_write(tmp_path, text))
    policy = book.of("mastodon.example")
    assert (policy.burst, policy.refill_s, policy.widest_reply) == (3, 10.0, Visibility.UNLISTED)
    assert policy.allows("price")
    assert not policy.allows("join")
    assert policy.blocks("a.spam.example")
    assert book.of("other.example").burst == 3


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("burst = 1", "[burst] means nothing"),
        ("[default]\nbursts = 1", "[default]: bursts is not a rule"),
        ('[instance."a.example"]\nburst = true', '[instance."a.example"]: burst'),
        ("[default]\nburst = 0", "[default]: an answer limit"),
        ('[default]\nwidest_reply = "everyone"', "widest_reply: expected one of"),
        ('[default]\ncommands = "price"', "commands: expected a list"),
        ("[default]\nrefill_s = nan", "refill_s: expected seconds"),
        ("instance = 3", "write instances as tables"),
        ("[default]\nburst = ]", "line 2"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_policy_book(_write(tmp_path, text))
    assert place in str(caught.value)


def test_a_missing_or_huge_file_is_misconfigured(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        load_policy_book(tmp_path / "none.toml")
    with pytest.raises(Misconfigured, match="at most"):
        load_policy_book(_write(tmp_path, "#" * (2 << 20)))


def test_bytes_that_are_no_text_are_misconfigured(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Misconfigured):
        load_policy_book(path)
