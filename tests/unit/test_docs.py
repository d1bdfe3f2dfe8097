"""What README and docs tell is true: commands, variables and links exist, the policy loads, webhook.md has its code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from maskbot.cli.root import NOUNS
from maskbot.settings import PREFIX, Settings, load_policy_book
from tests.unit.cli.operator import Operator, operator_at_work

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))}
OPERATORS_PAGE = PAGES[DOCS / "operator.md"]
LONG_RUNNING = {"up", "worker", "watch", "tick", "sandbox", "check", "health"}


@pytest.fixture(scope="module")
def operator() -> Iterator[Operator]:
    with operator_at_work(with_vault=False) as working:
        yield working


def _commands() -> set[tuple[str, str]]:
    found = set()
    for page in PAGES.values():
        for noun, verb in re.findall(r"(?<![\w/.-])maskbot ([a-z]+)(?: ([a-z-]+))?", page):
            if noun in NOUNS:
                found.add((noun, verb if noun not in LONG_RUNNING else ""))
    return found


@pytest.mark.parametrize("command", sorted(_commands()))
def test_a_command_of_the_docs_exists(operator: Operator, command: tuple[str, str]) -> None:
    words = [word for word in command if word]
    assert operator.run(*words, "--help").status == 0


def test_variables_of_the_docs_exist() -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    known.add("MASKBOT_PARTS")  # where the sandbox's parts lie: no setting of the bot
    for page in PAGES.values():
        assert set(re.findall(r"MASKBOT_[A-Z_]+[A-Z]", page)) <= known


def test_links_of_the_docs_lead_somewhere() -> None:
    for path, page in PAGES.items():
        for target, anchor in re.findall(r"\]\((?!https?:)([\w./-]+\.\w+|[\w./-]+/|)(?:#([\w-]+))?\)", page):
            found = path.parent / target if target else path
            assert found.exists(), f"{path}: {target}"
            assert not anchor or anchor in _anchors(found.read_text(encoding="utf-8")), f"{path}: {target}#{anchor}"


def _anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_policy_of_the_docs_loads(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", OPERATORS_PAGE, re.DOTALL)
    (tmp_path / "policy.toml").write_text(text, encoding="utf-8")
    book = load_policy_book(tmp_path / "policy.toml")
    assert book.of("mastodon.example").blocks("x.spam.example")


def test_the_operators_page_points_to_the_receivers_code() -> None:
    """`tests/unit/flows/act/test_deliver_webhook.py` runs that code against our notices and forged ones."""
    assert "(webhook.md)" in OPERATORS_PAGE
    assert "def is_genuine(" in (DOCS / "webhook.md").read_text(encoding="utf-8")
