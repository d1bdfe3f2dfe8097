"""Asks several sources at once, and the spare ones when the first hesitate. Source: price-cards.md 6 (4 s in all, 800 ms)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass

from maskbot.adapters.market.quotes import Said
from maskbot.domain.errors import Malformed, Misconfigured, Refused, Unavailable

HEDGE_S = 0.8
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to one source. A spare one is asked only when the others are slow or not enough: it costs a budget."""

    source: str
    call: Callable[[], Said]
    is_spare: bool = False


def gather(
    asks: Sequence[Ask],
    *,
    pool: Executor,
    deadline_s: float,
    is_enough: Callable[[Sequence[Said]], bool],
    hedge_s: float = HEDGE_S,
) -> tuple[Said, ...]:
    """What was said, in the order of the asks, when all that were asked have answered, when it is enough and the hedge time over,
    or at the deadline (monotonic seconds). Never raises for what a source does."""
    hedge_at_s = time.monotonic() + hedge_s
    flights = {pool.submit(ask.call): index for index, ask in enumerate(asks) if not ask.is_spare}
    spares = [(index, ask) for index, ask in enumerate(asks) if ask.is_spare]
    pending, found = set(flights), dict[int, Said]()
    while True:
        now_s = time.monotonic()
        enough = is_enough([found[index] for index in sorted(found)])
        if now_s >= deadline_s or (enough and (not pending or now_s >= hedge_at_s)) or not (pending or spares):
            break
        if spares and (not pending or now_s >= hedge_at_s):
            extra = {pool.submit(ask.call): index for index, ask in spares}
            flights |= extra
            pending |= set(extra)
            spares = []
        until_s = min(deadline_s, hedge_at_s) if now_s < hedge_at_s else deadline_s
        done, pending = wait(pending, timeout=max(0.0, until_s - now_s), return_when=FIRST_COMPLETED)
        for flight in done:
            said = _result(flight)
            if said is not None:
                found[flights[flight]] = said
    for flight in pending:
        flight.cancel()
    return tuple(found[index] for index in sorted(found))


def _result(flight: Future[Said]) -> Said | None:
    """What was said; None from a source that fails, does not know the token, talks nonsense or is set up wrong."""
    try:
        return flight.result()
    except Misconfigured as error:  # one source's settings; the others go on
        _LOG.error("market source misconfigured kind=%s", error.kind)
        return None
    except (Malformed, Refused, Unavailable):
        return None
