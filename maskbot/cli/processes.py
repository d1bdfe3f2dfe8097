"""`maskbot up`, `worker`, `watch`, `tick`, `vault`: the long-running processes of `workers/`.

They replace this process, so that signals reach them directly. `workers` and the command line are siblings and do not import
one another; the words behind `python -m workers.run` are their whole interface.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated, NoReturn

import typer

from maskbot.cli.noun import make_noun, make_single
from maskbot.domain.errors import Malformed
from maskbot.domain.job import QUEUES

up = make_single("Everything a single host needs.")
worker = make_single("One worker.")
watch = make_single("The watchers.")
tick = make_single("A ticker.")
vault = make_noun("The process that holds the keys.")


@up.command()
def run_up() -> None:
    """Run everything a single host needs: Redis, vault, worker, watchers, ticker, health. Ends with Ctrl-C or SIGTERM."""
    _become("workers.run", "up")


@worker.command()
def run_worker(
    queues: Annotated[
        str, typer.Option("--queues", "-q", help=f"Comma list of {', '.join(QUEUES)}; all when left out.")
    ] = ",".join(QUEUES),
) -> None:
    """Run one worker. Needs a Redis that all hosts reach (MASKBOT_REDIS_URL), and a vault on this host."""
    chosen = [name.strip() for name in queues.split(",") if name.strip()]
    unknown = [name for name in chosen if name not in QUEUES]
    if unknown or not chosen:
        raise Malformed(f"--queues takes names of {', '.join(QUEUES)}; got {', '.join(unknown) or 'none'}")
    _become("workers.run", "worker", ",".join(chosen))


@watch.command()
def run_watch() -> None:
    """Run the watchers of all active accounts. One process for a service is enough; two do no harm."""
    _become("workers.run", "watch")


@tick.command()
def run_tick() -> None:
    """Run a ticker. One for a service is enough; two do no harm."""
    _become("workers.run", "tick")


@vault.command("serve")
def serve_vault() -> None:
    """Run the vault: the only process that holds private keys."""
    _become("workers.run", "vault")


@vault.command("rewrap")
def rewrap_vault() -> None:
    """Encrypt every secret anew under the present key-encryption key. Can be interrupted and repeated."""
    _become("workers.run", "rewrap")


def _become(module: str, *words: str) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", module, *words])  # noqa: S606 - our own interpreter and module
