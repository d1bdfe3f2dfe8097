"""Price cards beside the bare renderer drawing the same SVG, in the same run.

    python -m tests.bench.bench_card

CPU time on one core, ours and bare alternating: ours is layout, template and drawing; bare is resvg alone. Then the pool of two
processes, a cached card, and where the time of one drawing goes.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from maskbot.adapters.card_renderer import ProcessCardRenderer, load_fonts
from maskbot.adapters.card_renderer.drawing_process import render_png
from maskbot.domain.card import Look, PriceCardFacts, Theme
from maskbot.wire.card import draw_card
from tests.gallery.samples import price

ROUNDS = 40
_BLANK = '<svg xmlns="http://www.w3.org/2000/svg" width="1200" height="675"><rect width="1200" height="675" fill="#0B0E14"/></svg>'


def cards(count: int) -> list[tuple[PriceCardFacts, Look]]:
    """Different cards of 168 points, dark and light in turn."""
    return [
        (replace(price(seed=index), rank=index + 1), Look(Theme.LIGHT if index % 2 else Theme.DARK))
        for index in range(count)
    ]


def cpu_ms(work: Callable[[], object]) -> float:
    """CPU time of one call in milliseconds."""
    start = time.process_time()
    work()
    return (time.process_time() - start) * 1000


def percentile(times: list[float], share: float) -> float:
    """The time below which this share of them lies."""
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def one_core() -> None:
    """Ours against bare, alternating, with p50 and p99."""
    fonts = load_fonts()
    files = list(fonts.files)
    ours, bare, layout = [], [], []
    for facts, look in cards(ROUNDS + 2):
        start = time.process_time()
        svg = draw_card(facts, look=look, metrics=fonts.metrics).svg
        drawn = time.process_time()
        render_png(svg, fonts=files)
        rendered = time.process_time()
        render_png(svg, fonts=files)
        bare.append((time.process_time() - rendered) * 1000)
        ours.append((rendered - start) * 1000)
        layout.append((drawn - start) * 1000)
    ours, bare, layout = ours[2:], bare[2:], layout[2:]  # the first two fill caches
    print(f"{'one core':<28} {'cards/s':>8} {'p50 ms':>8} {'p99 ms':>8}")
    for name, times in (("ours (facts to PNG)", ours), ("bare resvg, same SVG", bare)):
        print(
            f"{name:<28} {1000 / statistics.mean(times):>8.1f} {percentile(times, 0.5):>8.1f} {percentile(times, 0.99):>8.1f}"
        )
    print(f"ratio {sum(bare) / sum(ours):.3f} (aim 0.95); layout and template {statistics.median(layout):.2f} ms")


def pool() -> None:
    """Wall time through the two processes, asked by four threads; then a card asked for again."""
    renderer = ProcessCardRenderer()
    try:
        for facts, look in cards(2):
            renderer.render(facts, look=look)
        asked = [(replace(facts, more_exchanges=1), look) for facts, look in cards(ROUNDS)]
        start = time.perf_counter()
        with ThreadPoolExecutor(4) as people:
            list(people.map(lambda card: renderer.render(card[0], look=card[1]), asked))
        print(f"{'two processes':<28} {len(asked) / (time.perf_counter() - start):>8.1f} cards/s (wall)")
        again, cpu = [], []
        for facts, look in asked * 5:
            start, cpu_start = time.perf_counter(), time.thread_time()
            renderer.render(facts, look=look)
            cpu.append((time.thread_time() - cpu_start) * 1000)
            again.append((time.perf_counter() - start) * 1000)
        print(
            f"{'cached card':<28} {percentile(again, 0.5):>8.3f} ms p50, {percentile(again, 0.99):.3f} ms p99 (aim 3); "
            f"of the processor {percentile(cpu, 0.5):.3f} and {percentile(cpu, 0.99):.3f} ms"
        )
    finally:
        renderer.close()


def profile() -> None:
    """What each part of a drawing costs, by leaving it out."""
    fonts = load_fonts()
    svg = draw_card(price(), look=Look(), metrics=fonts.metrics).svg
    parts = {
        "text": r"<text.*?</text>",
        "area under the line": r'<path d="[^"]*" fill="url\(#area\)"/>',
        "line": r'<path d="[^"]*" fill="none"[^>]*/>',
    }

    def best(text: str) -> float:
        return min(cpu_ms(lambda: render_png(text, fonts=list(fonts.files))) for _ in range(9))

    whole = best(svg)
    print(f"{'whole drawing':<28} {whole:>8.1f} ms, of which a blank PNG {best(_BLANK):.1f}")
    for name, pattern in parts.items():
        print(f"{'  ' + name:<28} {whole - best(re.sub(pattern, '', svg, flags=re.DOTALL)):>8.1f} ms")


def main() -> None:
    """All three."""
    one_core()
    pool()
    profile()


if __name__ == "__main__":
    main()
