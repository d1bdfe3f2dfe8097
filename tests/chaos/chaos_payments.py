"""R5 in full: two payments on a real chain, the process ended by `os._exit(137)` at every named point, the first or second time.

`python -m tests.chaos.chaos_payments` prints a table: for each point how often it died, and what was paid. It fails on the first
payment that was made twice, or not at all.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from maskbot.adapters.system import SystemClock
from maskbot.domain.money import Address
from maskbot.sandbox.chain import Anvil
from maskbot.wire.crypto import keccak256
from tests.chaos.payment_faults import PLAIN_POINTS, chain_till, fund, nonce_of, received
from tests.fakes.till import ONE

COUNTS = (1, 2)
MOST_STARTS = 4


def main() -> None:
    """Every point, one after the other, on one chain."""
    with tempfile.TemporaryDirectory(prefix="mb-p-") as folder, Anvil(Path(folder, "anvil"), accounts=1) as anvil:
        anvil.set_automine(is_on=False)
        for point in PLAIN_POINTS:
            for count in COUNTS:
                try_point(point, count, anvil=anvil, folder=Path(folder, f"{point}-{count}"))
    say(f"{len(PLAIN_POINTS) * len(COUNTS)} faults: every payment was made exactly once")


def try_point(point: str, count: int, *, anvil: Anvil, folder: Path) -> None:
    """Die once at this point, and go on with new processes until all is final."""
    mark = anvil.snapshot()
    folder.mkdir()
    till = chain_till(folder, anvil, clock=SystemClock())
    address = till.wallet.address
    till.close()
    fund(anvil, address)
    recipient = Address(keccak256(point.encode())[12:])
    command = [sys.executable, "-m", "tests.chaos.payment_process", str(folder), anvil.url, recipient.hex()]
    deaths, status, fault = 0, -1, {"FAULT": f"{point}:{count}"}
    for _ in range(MOST_STARTS):
        status = subprocess.run(command, env=os.environ | fault, check=False, stdout=subprocess.DEVNULL).returncode
        if status != 137:
            break
        deaths, fault = deaths + 1, {"FAULT": ""}
    paid = received(anvil, recipient)
    nonces = nonce_of(anvil, address)
    say(f"{point:24} {count}  deaths {deaths}  paid {paid // ONE} of 3  nonces {nonces}")
    if (status, paid, nonces) != (0, 3 * ONE, 2):
        raise AssertionError(f"{point}:{count}: status {status}, paid {paid}, nonces {nonces}")
    anvil.revert(mark)


def say(line: str) -> None:
    """One line of the report."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
