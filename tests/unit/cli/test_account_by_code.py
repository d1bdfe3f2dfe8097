"""The OAuth code flow on a real terminal: a page to open, a code to paste, an account recorded."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
from collections.abc import Iterator

import httpx
import pytest

from maskbot.sandbox.mastodon import MastodonServer, SandboxAccount
from tests.unit.cli.operator import Operator

BOT = SandboxAccount("maskbot", is_bot=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonServer]:
    with MastodonServer(tmp_path_factory.mktemp("mastodon"), accounts=[BOT]) as running:
        yield running


def _read_until(terminal: int, words: str) -> str:
    seen = ""
    while words not in seen:
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, seen
        try:
            seen += os.read(terminal, 65_536).decode("utf-8", "replace")
        except OSError:  # the other end of the terminal closed
            break
    return seen


def test_an_account_is_added_by_the_code_that_the_instance_shows(operator: Operator, server: MastodonServer) -> None:
    words = [sys.executable, "-m", "maskbot", "account", "add", "mastodon", server.base_url]
    process, terminal = pty.fork()
    if process == 0:
        os.execve(sys.executable, words, {**os.environ, **operator.environment})
    try:
        shown = _read_until(terminal, "Code shown there: ")
        client_id = re.findall(r"client_id=([^&\s]+)", shown)[0]
        page = httpx.post(
            f"{server.base_url}/oauth/authorize", data={"username": "maskbot", "client_id": client_id}, trust_env=False
        ).text
        code = page.partition("Authorization code: ")[2].partition("<")[0].strip()
        os.write(terminal, code.encode() + b"\n")
        rest = _read_until(terminal, "no such words")
        _, ended = os.waitpid(process, 0)
    finally:
        os.close(terminal)
    assert os.waitstatus_to_exitcode(ended) == 0, rest
    assert code not in rest
    (row,) = operator.run("account", "list", "--json").json
    assert row["handle"].startswith("maskbot@")
