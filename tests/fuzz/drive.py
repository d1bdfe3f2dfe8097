"""Runs one fuzz target for FUZZ_SECONDS seconds, by atheris (coverage-guided) where it is installed, else by plain mutation.

A target is a function that takes bytes and raises on a finding: any exception but the named refusals it expects, or more time or
memory than it allows. The first finding ends the run with a traceback and a status other than 0.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

Target = Callable[[bytes], None]


def drive(target: Target, *, seeds: Sequence[bytes], max_bytes: int) -> None:
    """Fuzz `target`, beginning with `seeds`; inputs are at most `max_bytes` long."""
    seconds = float(os.environ.get("FUZZ_SECONDS", "600"))
    for seed in seeds:
        target(seed)
    try:
        import atheris
    except ImportError:
        _mutate(target, seeds, seconds=seconds, max_bytes=max_bytes)
        return
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds):
            Path(folder, str(number)).write_bytes(seed[:max_bytes])
        limits = [f"-max_total_time={max(1, round(seconds))}", f"-max_len={max_bytes}", "-timeout=10", "-verbosity=0"]
        os.environ.setdefault("ASAN_OPTIONS", "detect_leaks=0")
        atheris.Setup([sys.argv[0], *limits, folder], target)
        atheris.Fuzz()


def _mutate(target: Target, seeds: Sequence[bytes], *, seconds: float, max_bytes: int) -> None:
    source, runs, end = random.Random(0), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = bytearray(source.choice(seeds))
        for _ in range(source.randint(1, 8)):
            place = source.randrange(len(data) + 1)
            match source.randrange(4):
                case 0:
                    data[place : place + 1] = source.randbytes(1)
                case 1:
                    del data[place : place + source.randint(1, 16)]
                case 2:
                    data[place:place] = source.randbytes(source.randint(1, 16))
                case _:
                    other = source.choice(seeds)
                    start = source.randrange(len(other) + 1)
                    data[place:place] = other[start : start + source.randint(1, 64)]
        target(bytes(data[:max_bytes]))
        runs += 1
    print(f"{runs} runs, no finding")
