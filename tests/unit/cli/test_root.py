"""The frame of the command line: what is loaded, how errors are told, which exit status they give."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from maskbot.cli.root import NOUNS, exit_status, overview
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed
from tests.unit.cli.operator import Operator


class _Leaf(Refused):
    kind = "Leaf"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Malformed("x"), 2),
        (_Leaf("x"), 3),
        (Unavailable("x"), 4),
        (Unconfirmed("x"), 5),
        (Misconfigured("x"), 6),
        (MaskbotError("x"), 1),
    ],
)
def test_each_family_has_its_exit_status(error: MaskbotError, status: int) -> None:
    assert exit_status(error) == status


def test_help_names_every_noun_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; from maskbot.cli.root import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'typer','rich','pydantic','sqlalchemy','httpx','structlog','celery','mastodon'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"
    for noun in NOUNS:
        assert f"\n  {noun} " in ran.stdout


@pytest.mark.parametrize("noun", list(NOUNS))
def test_every_noun_has_plain_help(operator: Operator, noun: str) -> None:
    ran = operator.run(noun, "--help")
    assert ran.status == 0
    assert f"maskbot {noun}" in ran.out
    assert "\u2500" not in ran.out, "boxes are drawn: the noun is not made by make_noun"


def test_no_words_print_the_overview(operator: Operator) -> None:
    assert operator.run().out.strip() == overview().strip()


def test_an_unknown_noun_names_the_likeliest_one(operator: Operator) -> None:
    ran = operator.run("acount")
    assert (ran.status, ran.out) == (2, "")
    assert "did you mean account?" in ran.err


def test_wrong_usage_is_status_2_on_standard_error(operator: Operator) -> None:
    ran = operator.run("mention", "list", "--limit", "many")
    assert (ran.status, ran.out) == (2, "")
    assert "--limit" in ran.err


def test_an_error_is_one_line_that_says_what_to_do(operator: Operator) -> None:
    ran = operator.run("outbox", "show", "nothing")
    assert (ran.status, ran.out) == (3, "")
    assert ran.err == "maskbot: no delivery nothing; see `maskbot outbox list`\n"


def test_a_wrong_setting_is_status_6_and_names_its_variable(operator: Operator) -> None:
    ran = operator.run("account", "list", MASKBOT_WORKER_THREADS="none")
    assert ran.status == 6
    assert "MASKBOT_WORKER_THREADS" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_an_unwritable_home_is_status_6(operator: Operator) -> None:
    ran = operator.run("account", "list", MASKBOT_HOME="/proc/nowhere")
    assert ran.status == 6
    assert "MASKBOT_HOME" in ran.err


def test_the_version_is_told(operator: Operator) -> None:
    assert operator.run("--version").out.startswith("maskbot ")


def run_for_real(*words: str, stdout: int) -> subprocess.CompletedProcess[str]:
    """In a process of its own, with the buffers a process usually has."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, "-m", "maskbot", *words]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, env=variables
    )


@pytest.mark.parametrize("words", [("--help",), ("payload", "--help")])
def test_a_disk_that_is_full_is_told_in_one_line(words: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    ran = run_for_real(*words, stdout=full)
    os.close(full)
    assert (ran.returncode, len(ran.stderr.splitlines())) == (6, 1)
    assert "cannot be written" in ran.stderr


def test_a_reader_who_left_is_no_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ran = run_for_real("--help", stdout=writer)
    os.close(writer)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(("words", "status"), [("--version", 0), ("payload read -", 2), ("conformance", 0)])
def test_closed_streams_are_empty_ones(words: str, status: int) -> None:
    command = f'exec "$0" -m maskbot {words} <&- >&-'
    ran = subprocess.run(["sh", "-c", command, sys.executable], stderr=subprocess.PIPE, text=True, check=False)
    assert ran.returncode == status
    assert "bug" not in ran.stderr
