"""Card facts -> picture: laid out here, drawn in two processes of their own, remembered by what was drawn.

resvg keeps the interpreter's lock for the whole drawing, so threads would stall everything else (price-cards.md 7.1). The
processes start at first use and are replaced, all together, after a thousand drawings: `max_tasks_per_child` of the standard pool
leaves work undone for ever (CPython issue 115634, seen with 3.11). Source: price-cards.md 3 (cache key), 7.1, 7.2.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections import OrderedDict
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as DrawingTooSlow
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from threading import Lock

from maskbot.adapters.card_renderer.drawing_process import draw_png, start_process
from maskbot.adapters.card_renderer.fonts import FontSet, load_fonts
from maskbot.domain.card import CardFacts, Look
from maskbot.domain.errors import Unavailable
from maskbot.domain.post import Picture
from maskbot.wire.card import Drawing, draw_card

PROCESSES = 2
DRAWINGS_PER_POOL = 1_000
TIMEOUT_S = 15.0
_CACHE_BYTES = 48 << 20
_LAYOUTS = 64


class DrawingFailed(Unavailable):
    """The card could not be drawn now: too slow, or its process died."""

    kind = "DrawingFailed"


class ProcessCardRenderer:
    """Implements `ports.outside.CardRenderer`. Safe to share between threads."""

    def __init__(
        self, *, fonts: Path | None = None, processes: int = PROCESSES, drawings_per_pool: int = DRAWINGS_PER_POOL
    ) -> None:
        self._folder = fonts
        self._processes = processes
        self._drawings_per_pool = drawings_per_pool
        self._left = 0
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._drawings: OrderedDict[tuple[CardFacts, Look], Drawing] = OrderedDict()
        self._pngs: OrderedDict[str, bytes] = OrderedDict()
        self._under_way: dict[str, Future[bytes]] = {}
        self._cached_bytes = 0

    def render(self, facts: CardFacts, *, look: Look) -> Picture:
        """The card as PNG of 1200 x 675 with its alt text. The same facts and look give the same bytes.

        Raises:
            FontsMissing: the fonts were not set up.
            DrawingFailed: the card could not be drawn now.
        """
        fonts = load_fonts(self._folder)
        drawing = self._drawing(facts, look, fonts)
        key = hashlib.sha256(f"{fonts.fingerprint}\n{drawing.svg}".encode()).hexdigest()
        return Picture(png=self._png(key, drawing.svg, fonts), alt_text=drawing.alt_text)

    def close(self) -> None:
        """End the drawing processes."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _drawing(self, facts: CardFacts, look: Look, fonts: FontSet) -> Drawing:
        with self._lock:
            known = self._drawings.get((facts, look))
        if known is not None:
            return known
        drawing = draw_card(facts, look=look, metrics=fonts.metrics)
        with self._lock:
            self._drawings[facts, look] = drawing
            if len(self._drawings) > _LAYOUTS:
                self._drawings.popitem(last=False)
        return drawing

    def _png(self, key: str, svg: str, fonts: FontSet) -> bytes:
        with self._lock:
            known = self._pngs.get(key)
            if known is not None:
                self._pngs.move_to_end(key)
                return known
            future = self._under_way.get(key)
            if future is None:
                future = self._under_way[key] = self._submit(svg, fonts)
        try:
            png = future.result(timeout=TIMEOUT_S)
        except DrawingTooSlow as error:
            self._drop_pool(kill=True)
            raise DrawingFailed(f"a card was not drawn within {TIMEOUT_S:g} s") from error
        except BrokenProcessPool as error:
            self._drop_pool(kill=False)
            raise DrawingFailed("a drawing process died") from error
        except ValueError as error:
            raise DrawingFailed("the renderer refused the drawing") from error
        finally:
            with self._lock:
                self._under_way.pop(key, None)
        self._keep(key, png)
        return png

    def _submit(self, svg: str, fonts: FontSet) -> Future[bytes]:
        """Hand the drawing to a process; the lock is held."""
        try:
            return self._running(fonts).submit(draw_png, svg)
        except BrokenProcessPool:
            self._pool = None
            return self._running(fonts).submit(draw_png, svg)

    def _running(self, fonts: FontSet) -> ProcessPoolExecutor:
        """The pool for one more drawing; one that has drawn enough finishes what it has and ends."""
        if self._pool is not None and self._left == 0:
            self._pool.shutdown(wait=False)
            self._pool = None
        if self._pool is None:
            self._left = self._drawings_per_pool
            self._pool = ProcessPoolExecutor(
                max_workers=self._processes,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=start_process,
                initargs=(fonts.files,),
            )
        self._left -= 1
        return self._pool

    def _drop_pool(self, *, kill: bool) -> None:
        """Forget the pool; the next drawing starts another. A process that does not answer is ended."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((getattr(pool, "_processes", None) or {}).values()) if kill else ():
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)

    def _keep(self, key: str, png: bytes) -> None:
        with self._lock:
            if key in self._pngs:
                return
            self._pngs[key] = png
            self._cached_bytes += len(png)
            while self._cached_bytes > _CACHE_BYTES:
                _, dropped = self._pngs.popitem(last=False)
                self._cached_bytes -= len(dropped)
