"""The ticker: a 1 s loop that rings for what is due. Any process may run one, several at once without harm.

It rings for jobs that fell due, for bells that were lost (a wiped Redis) and for leases that lapsed (a dead worker).
Source: reliability.md A.1. No Celery beat, no countdown.
"""

from __future__ import annotations

from threading import Event

import structlog

from maskbot.assembly import App
from maskbot.domain.errors import MaskbotError
from maskbot.ports.inside import Notice

log = structlog.get_logger()


def tick(app: App, notice: Notice) -> None:
    """One beat: note that we live, and ring for what is due."""
    now_ms = app.clock.now_ms()
    with app.store.write() as work:
        work.bells.beat(name="ticker", now_ms=now_ms)
        due = work.bells.take_due(now_ms=now_ms, quiet_ms=app.quiet_ms)
    if due:
        notice.ring(due)


def run_ticker(app: App, notice: Notice, *, stop: Event) -> None:
    """Beat every `tick_s` until `stop` is set. A beat that fails is logged, and the next one comes."""
    while not stop.wait(app.tick_s):
        try:
            tick(app, notice)
        except MaskbotError as error:
            log.warning("ticker.missed", error=error.kind)
        except Exception as error:  # a locked or absent database; the loop must outlive it
            log.error("ticker.missed", error=type(error).__name__)
