"""A vault for the time of one command, when the service is not running: the command's own child process, ended with it.

Not where `MASKBOT_VAULT_SOCKET` names one: that vault has its keys elsewhere (another container), and a second one would make a key
of its own, which is gone with the command while what it sealed stays.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maskbot.adapters.vault import is_answering
from maskbot.domain.errors import Misconfigured, Unavailable
from maskbot.settings import Settings

START_S = 20.0
STOP_S = 5.0


@contextmanager
def vault_running(settings: Settings) -> Iterator[None]:
    """A vault answers on the socket until the end of the block: the service's if it runs, else one started here.

    Raises:
        Unavailable: the vault that the settings name does not answer.
        Misconfigured: it could not be started; what it said is in the message.
    """
    path = settings.vault_socket_path
    if is_answering(path):
        yield
        return
    if settings.vault_socket is not None:
        raise Unavailable(f"no vault answers on {path} (MASKBOT_VAULT_SOCKET): start it, then run this again")
    child = subprocess.Popen(
        [sys.executable, "-m", "workers.run", "vault"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    try:
        _wait(child, path)
        yield
    finally:
        child.terminate()
        try:
            child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stderr is not None:
            child.stderr.close()


def _wait(child: subprocess.Popen[str], path: Path) -> None:
    deadline_s = time.monotonic() + START_S
    while not is_answering(path):
        if child.poll() is not None:
            said = (child.stderr.read() if child.stderr is not None else "").strip().splitlines()
            raise Misconfigured(f"the vault did not start: {said[-1] if said else f'exit status {child.returncode}'}")
        if time.monotonic() > deadline_s:
            raise Unavailable(f"the vault did not answer on {path} within {START_S:.0f} s; run `maskbot check`")
        time.sleep(0.02)
