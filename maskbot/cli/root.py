"""Finds the noun, runs it, and turns every error into one line on standard error and an exit status.

The nouns are names of modules, loaded when used: `maskbot --help` imports none of them. Exit status: 0 done, 1 a bug or a failed
check, 2 malformed input or wrong usage, 3 refused, 4 unavailable, 5 unconfirmed, 6 misconfigured, 130 interrupted.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from maskbot.domain.errors import MaskbotError

NOUNS: Mapping[str, tuple[str, str]] = {
    "up": ("maskbot.cli.processes:up", "run everything a single host needs, until Ctrl-C"),
    "sandbox": ("maskbot.sandbox.cli:app", "run the bot and an outside world on loopback, to try it and for the tour"),
    "check": ("maskbot.cli.check:app", "look at every part and say what to do about what is wrong"),
    "account": ("maskbot.cli.account:app", "accounts the bot runs, and the feeds they watch"),
    "tenant": ("maskbot.cli.tenant:app", "DAOs or people that share this service and see nothing of each other"),
    "persona": ("maskbot.cli.persona:app", "keys that read and write encrypted posts"),
    "contact": ("maskbot.cli.contact:app", "public keys of people to write to"),
    "inbox": ("maskbot.cli.inbox:app", "opened posts, and the webhook that is told of them"),
    "broadcast": ("maskbot.cli.broadcast:app", "encrypted messages for an audience, on several accounts at a set time"),
    "giveaway": ("maskbot.cli.giveaway:app", "prizes for people of both platforms, drawn with a proof, paid once"),
    "mention": ("maskbot.cli.mention:app", "collected posts, and what became of them"),
    "outbox": ("maskbot.cli.outbox:app", "posts on their way out"),
    "wallet": ("maskbot.cli.wallet:app", "accounts that pay: keys, policies, balances, quarantine"),
    "safe": ("maskbot.cli.safe:app", "a DAO's Safes: propose payments to their owners, and see what became of them"),
    "approval": ("maskbot.cli.approval:app", "payments that wait for somebody's yes, and how to stop one"),
    "audit": ("maskbot.cli.audit:app", "what happened with money, as a chain of hashes"),
    "switch": ("maskbot.cli.switch:app", "pause and resume parts of the service"),
    "db": ("maskbot.cli.db:app", "upgrade and back up the database"),
    "health": ("maskbot.cli.health:app", "is the running service well"),
    "worker": ("maskbot.cli.processes:worker", "one worker, for a service on many hosts"),
    "watch": ("maskbot.cli.processes:watch", "the watchers, for a service on many hosts"),
    "tick": ("maskbot.cli.processes:tick", "a ticker, for a service on many hosts"),
    "vault": ("maskbot.cli.processes:vault", "the process that holds the keys: serve, rewrap"),
    "payload": ("maskbot.cli.payload:app", "look into encrypted posts, without a service"),
    "redpacket": ("maskbot.cli.redpacket:app", "red packets on their chains: look at any"),
    "picture": ("maskbot.cli.picture:app", "payloads in pictures, without a service"),
    "backup": ("maskbot.cli.backup:app", "backup files of the Mask extension, without a service"),
    "price": ("maskbot.cli.price:app", "what a token costs, as text and picture, without an account"),
    "conformance": ("maskbot.cli.conformance_noun:app", "answer test lines about the wire formats"),
}

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
EXIT_BY_FAMILY = {"Malformed": 2, "Refused": 3, "Unavailable": 4, "Unconfirmed": 5, "Misconfigured": 6}


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run one command line (that of the process, or `args`), and exit."""
    _replace_closed_streams()
    sys.exit(_run(list(sys.argv[1:] if args is None else args)))


def overview() -> str:
    """What `maskbot --help` prints."""
    lines = [f"  {noun:<12} {what}" for noun, (_, what) in NOUNS.items()]
    head = "maskbot: Mask Network without the browser extension.\n\nUsage: maskbot NOUN [VERB] [OPTIONS]\n"
    return "\n".join([head, *lines, "\nMore about one: maskbot NOUN --help"])


def exit_status(error: MaskbotError) -> int:
    """The exit status of an error's family."""
    for family in type(error).__mro__:
        if family.__name__ in EXIT_BY_FAMILY:
            return EXIT_BY_FAMILY[family.__name__]
    return 1


def _run(words: Sequence[str]) -> int:
    from maskbot.domain.errors import MaskbotError

    try:
        try:
            _perform(words)
        finally:
            sys.stdout.flush()  # so that what cannot be written is told here, and not by the interpreter at its end
    except MaskbotError as error:
        _leave(str(error), exit_status(error))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stdout = None  # the reader left; nothing more can be told
        return 0
    except OSError as error:
        if error.errno not in _FULL:
            return _bug(error)
        sys.stdout = None  # what it still holds cannot be written either
        _leave(f"the output cannot be written ({error.strerror}); make room", 6)
    except Exception as error:
        return _bug(error)
    return 0


def _perform(words: Sequence[str]) -> None:
    """What the words ask for."""
    if not words or words[0] in ("-h", "--help", "help"):
        print(overview())
    elif words[0] == "--version":
        from importlib.metadata import version

        print(f"maskbot {version('maskbot')}")
    elif words[0] in NOUNS:
        module, _, attribute = NOUNS[words[0]][0].partition(":")
        command = getattr(import_module(module), attribute)
        command(args=list(words[1:]), prog_name=f"maskbot {words[0]}")
    else:
        from difflib import get_close_matches

        near = get_close_matches(words[0], NOUNS, n=1)
        _leave(f"{words[0]} is no command{f'; did you mean {near[0]}?' if near else ''}; see maskbot --help", 2)


def _bug(error: Exception) -> NoReturn:
    """Say plainly that it is one, with its place and without any value."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace is not None else "?"
    _leave(f"this is a bug in maskbot ({type(error).__name__} at {where}); please report it", 1)


def _replace_closed_streams() -> None:
    """A process may be started with closed streams (`>&-`): then there is nothing to read, and nobody who reads."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - for the life of the process


def _leave(message: str, status: int) -> NoReturn:
    line = " ".join(message.split())
    print(f"maskbot: {line}", file=sys.stderr)
    sys.exit(status)
