"""The stage: runs steps, prints a line for each, keeps the score."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PATIENCE_S = 90.0
"""How long a step waits for something to be seen: a quiet machine shows it within seconds, and a busy one is no failure."""

_GREEN, _RED, _BOLD, _DIM, _PLAIN = "\033[32m", "\033[31m", "\033[1m", "\033[2m", "\033[0m"


class StepFailed(AssertionError):
    """Something was not as it should be, seen from the other side."""


class Stage:
    """Steps and their score. `say` prints a line; colours only on a terminal."""

    def __init__(self, say: Callable[[str], None] = print) -> None:
        self._say = say
        self._has_colours = sys.stdout.isatty()
        self._began = time.monotonic()
        self.passed = 0
        self.failed = 0

    def act(self, title: str) -> None:
        """Announce an act."""
        self._say(f"\n{self._paint(_BOLD, title)}")

    @contextmanager
    def step(self, what: str) -> Iterator[Callable[[str], None]]:
        """One step: what is done; the block calls the yielded function with what was seen. A failure is told, not raised."""
        began, seen = time.monotonic(), [""]
        try:
            yield lambda words: seen.__setitem__(0, " ".join(words.split()))
        except Exception as error:  # any failure of a step is a line of the tour, and its exit status
            self.failed += 1
            self._line(_RED, "✗", began, what, f"{type(error).__name__}: {error}")
        else:
            self.passed += 1
            self._line(_GREEN, "✓", began, what, seen[0])

    def close(self) -> bool:
        """Tell the score; whether every step passed."""
        took_s = time.monotonic() - self._began
        if self.failed:
            self._say(
                self._paint(_RED, f"\n{self.failed} of {self.failed + self.passed} steps failed ({took_s:.0f} s).")
            )
        else:
            self._say(
                self._paint(
                    _GREEN, f"\nAll {self.passed} steps were seen to work from the other side ({took_s:.0f} s)."
                )
            )
        return self.failed == 0

    def _line(self, colour: str, mark: str, began: float, what: str, seen: str) -> None:
        took_s = time.monotonic() - began
        short = seen if len(seen) <= 150 else seen[:149] + "…"
        self._say(f"  {self._paint(colour, mark)} {took_s:5.1f} s  {what}")
        if short:
            self._say(f"            {self._paint(_DIM, short)}")

    def _paint(self, colour: str, text: str) -> str:
        return f"{colour}{text}{_PLAIN}" if self._has_colours else text


def check(is_so: object, otherwise: str) -> None:
    """Fail the step unless it is so."""
    if not is_so:
        raise StepFailed(otherwise)
