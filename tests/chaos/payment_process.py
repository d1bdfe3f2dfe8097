"""One process of the payment path: plans, checks, sweeps and signs until everything has ended, or dies where FAULT says.

`FAULT=point:n python -m tests.chaos.payment_process FOLDER NODE_URL RECIPIENT` dies by `os._exit(137)` at the nth arrival. The
service itself knows no such variable.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import httpx

from maskbot.adapters.evm import Endpoint, EvmNode
from maskbot.adapters.system import SystemClock
from maskbot.domain.money import Address
from maskbot.flows.act.payment_parts import PaymentRules, go_on
from tests.chaos.payment_faults import CHAIN, dying_at
from tests.fakes.till import ONE, Till

RULES = PaymentRules(batch=8, at_once=1, resend_ms=150, bump_ms=60_000, poll_ms=20, idle_ms=50, looks=2)
LONGEST_S = 30.0


def main() -> None:
    """Work until the payments have ended."""
    folder, url, recipient = Path(sys.argv[1]), sys.argv[2], Address(bytes.fromhex(sys.argv[3]))
    point, _, count = os.environ.get("FAULT", "").partition(":")
    reach = dying_at(point, int(count or 1), die=lambda: os._exit(137)) if point else go_on
    node = EvmNode(CHAIN, [Endpoint(url, chain_id=CHAIN.id)], quorum=1)
    till = Till(folder, node, SystemClock(), reach, reach, RULES, 50)
    till.open()
    till.plan("a", to=recipient, value_wei=ONE)
    reach("plan.recorded")
    till.plan("b", to=recipient, value_wei=2 * ONE)
    reach("plan.recorded")
    deadline_s = time.monotonic() + LONGEST_S
    while set(till.states().values()) != {"final"}:
        if time.monotonic() > deadline_s:
            sys.exit(f"not final: {till.states()}")
        if till.work_once() == 0:
            time.sleep(0.01)
        httpx.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "evm_mine", "params": []})
    till.close()
    node.close()


if __name__ == "__main__":
    main()
