"""The ticker: a 1 s loop that rings for what is due. Any process may run one, several at once without harm.

It rings for jobs that fell due, for bells that were lost (a wiped Redis) and for leases that lapsed (a dead worker), and once an
hour erases what was kept long enough. Source: reliability.md A.1. No Celery beat, no countdown.
"""

from __future__ import annotations

import time
from threading import Event

import structlog

from maskbot.adapters.store.retention import erase_old
from maskbot.assembly import App
from maskbot.domain.errors import MaskbotError
from maskbot.ports.inside import Notice

log = structlog.get_logger()
_ERASE_EACH_S = 3_600.0
_HOUR_MS = 3_600_000


def tick(app: App, notice: Notice) -> None:
    """One beat: note that we live, and ring for what is due."""
    now_ms = app.clock.now_ms()
    with app.store.write() as work:
        work.bells.beat(name="ticker", now_ms=now_ms)
        due = work.bells.take_due(now_ms=now_ms, quiet_ms=app.quiet_ms)
    if due:
        notice.ring(due)


def tidy(app: App) -> bool:
    """Erase one portion of what was kept long enough; whether that was all."""
    now_ms = app.clock.now_ms()
    erased = erase_old(
        app.store,
        texts_before_ms=now_ms - int(app.settings.keep_texts_h * _HOUR_MS),
        rows_before_ms=now_ms - int(app.settings.keep_rows_days * 24 * _HOUR_MS),
    )
    if erased.texts or erased.rows:
        log.info("ticker.erased", texts=erased.texts, rows=erased.rows)
    return erased.is_all


def run_ticker(app: App, notice: Notice, *, stop: Event) -> None:
    """Beat every `tick_s` until `stop` is set. A beat that fails is logged, and the next one comes."""
    tidy_at_s = 0.0
    while not stop.wait(app.tick_s):
        try:
            tick(app, notice)
            if time.monotonic() >= tidy_at_s:
                tidy_at_s = time.monotonic() + _ERASE_EACH_S
                if not tidy(app):
                    tidy_at_s = 0.0
        except MaskbotError as error:
            log.warning("ticker.missed", error=error.kind)
        except Exception as error:  # a locked or absent database; the loop must outlive it
            log.error("ticker.missed", error=type(error).__name__)
