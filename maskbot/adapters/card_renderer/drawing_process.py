"""What runs in a drawing process: SVG in, PNG out, and next to nothing else. The one door to resvg.

Each process is bounded in memory, processor time and files, may write nothing, starts nothing, and ends with the process that
started it. The renderer gets our fonts and no others, so the picture does not depend on the machine (price-cards.md 7.2, 7.4).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import threading
from multiprocessing.connection import wait

import resvg_py

MEMORY_BYTES = 1 << 30
CPU_S = 600
OPEN_FILES = 64
_fonts: list[str] = []


def start_process(fonts: tuple[str, ...]) -> None:
    """Called once in a new drawing process: forget the environment, set bounds, and watch for the end of the parent."""
    _fonts[:] = fonts
    os.environ.clear()  # settings, and with them secrets, are nothing that drawing needs
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(limit)
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (bound, bound))
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_leave_with, args=(parent.sentinel,), daemon=True).start()


def draw_png(svg: str) -> bytes:
    """The PNG of an SVG, in a drawing process."""
    return render_png(svg, fonts=_fonts)


def render_png(svg: str, *, fonts: list[str]) -> bytes:
    """The PNG of an SVG with these font files, in this process: it stands still meanwhile (the renderer keeps the lock)."""
    png = resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=fonts, font_family="Inter")
    return bytes(png)


def _leave_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(0)
