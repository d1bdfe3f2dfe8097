"""How fast payload pictures are read and written, each beside what decoding and encoding the file alone costs in the same run.

    python -m tests.bench.bench_picture

One core, CPU time, median of the rounds. The reference in Node needs 600 to 900 ms to read and 1,100 to 1,300 ms to write such a
picture (mask-payload.md, section 16).
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core, as the other benchmarks; before numpy is loaded

from maskbot.wire.picture import (
    PRESET_2022,
    PRESET_2023,
    NoPayloadInPicture,
    PictureUnreadable,
    read_picture,
    write_picture,
)
from maskbot.wire.picture.image_file import decode_pixels, encode_png

STEGO = Path(__file__).parents[1] / "vectors" / "stego"
ROUNDS = 15


def cpu_ms(work: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """Median CPU time of one call, in milliseconds."""
    work()
    times = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        times.append((time.process_time() - start) * 1000)
    return statistics.median(times)


def refused(file: bytes) -> None:
    """One reading of a file that carries nothing."""
    try:
        read_picture(file, password="")
    except (NoPayloadInPicture, PictureUnreadable):
        return
    raise AssertionError("a refusal was expected")


def main() -> None:
    """Print one line per case: our time, the bare time, their ratio."""
    v2_png, v2_jpeg = (STEGO / "stego-2023.png").read_bytes(), (STEGO / "stego-2023-q75.jpg").read_bytes()
    v1_png = (STEGO / "stego-2021.png").read_bytes()
    payload, text = read_picture(v2_png, password=""), "https://mask.io/?PostData_v1=" + "A" * 340
    written = decode_pixels(write_picture(payload, preset=PRESET_2023, cover=None, random_bytes=os.urandom))
    cases: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("read 2023 PNG", lambda: read_picture(v2_png, password=""), lambda: decode_pixels(v2_png)),
        ("read 2023 JPEG q75", lambda: read_picture(v2_jpeg, password=""), lambda: decode_pixels(v2_jpeg)),
        (
            "read 2021 PNG (V1)",
            lambda: read_picture(v1_png, password="person:twitter.com/alice_dev"),
            lambda: decode_pixels(v1_png),
        ),
        (
            "write 2023 on the template",
            lambda: write_picture(payload, preset=PRESET_2023, cover=None, random_bytes=os.urandom),
            lambda: encode_png(written),
        ),
        (
            "write 2022 on the template",
            lambda: write_picture(text, preset=PRESET_2022, cover=None, random_bytes=os.urandom),
            lambda: encode_png(written),
        ),
    ]
    print(f"{'case':<28} {'CPU ms':>8} {'bare file ms':>13} {'ratio':>6}")
    for name, ours, bare in cases:
        ours_ms, bare_ms = cpu_ms(ours), cpu_ms(bare)
        print(f"{name:<28} {ours_ms:>8.1f} {bare_ms:>13.1f} {bare_ms / ours_ms:>6.2f}")
    garbage, photograph = os.urandom(100_000), v2_jpeg.replace(b"\x02\x9f\x04\xb0", b"\x02\x9e\x04\xb0", 1)
    for name, file in (("refuse 100 kB of garbage", garbage), ("refuse a picture of no preset", photograph)):

        def many(file: bytes = file) -> None:
            for _ in range(1000):
                refused(file)

        print(f"{name:<28} {cpu_ms(many, rounds=5):>8.1f} µs")


if __name__ == "__main__":
    main()
