"""The real renderer in its processes: pictures that are always the same, bounded, and never stall their caller."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from maskbot.adapters.card_renderer import DrawingFailed, FontsMissing, ProcessCardRenderer, load_fonts
from maskbot.adapters.card_renderer.drawing_process import render_png, start_process
from maskbot.domain.card import Look, Theme
from maskbot.wire.card import draw_card
from tests.unit.wire.card.card_facts import ETHER

HOSTILE = '\u202e<image href="/etc/hostname"/>\x00 狗🚀عملة ' + "A" * 10_000


@pytest.fixture(scope="module")
def renderer() -> Iterator[ProcessCardRenderer]:
    """One renderer for all tests; its processes start with the first drawing."""
    renderer = ProcessCardRenderer()
    yield renderer
    renderer.close()


def drawn_alone(svg: str) -> bytes:
    """The PNG of an SVG with our fonts, without a process."""
    return render_png(svg, fonts=list(load_fonts().files))


def test_a_card_is_a_png_of_1200_by_675_with_alt_text(renderer: ProcessCardRenderer) -> None:
    picture = renderer.render(ETHER, look=Look())
    image = Image.open(io.BytesIO(picture.png))
    assert (image.format, image.size) == ("PNG", (1200, 675))
    assert picture.alt_text.startswith("Ethereum (ETH) price card. 3,425.02 US dollars")


def test_the_same_facts_give_the_same_bytes_here_and_in_another_process(renderer: ProcessCardRenderer) -> None:
    alone = drawn_alone(draw_card(ETHER, look=Look(), metrics=load_fonts().metrics).svg)
    assert hashlib.sha256(renderer.render(ETHER, look=Look()).png).digest() == hashlib.sha256(alone).digest()


def test_another_look_or_fact_is_another_picture(renderer: ProcessCardRenderer) -> None:
    pngs = {
        renderer.render(ETHER, look=Look()).png,
        renderer.render(ETHER, look=Look(Theme.LIGHT)).png,
        renderer.render(replace(ETHER, rank=3), look=Look()).png,
    }
    assert len(pngs) == 3


def test_a_card_asked_for_many_times_at_once_is_drawn_once(renderer: ProcessCardRenderer) -> None:
    facts = replace(ETHER, name="Asked by many")
    with ThreadPoolExecutor(8) as people:
        pictures = list(people.map(lambda _: renderer.render(facts, look=Look()), range(16)))
    assert len({id(picture.png) for picture in pictures}) == 1


def test_a_hostile_name_is_drawn(renderer: ProcessCardRenderer) -> None:
    facts = replace(ETHER, name=HOSTILE, symbol=HOSTILE, source=HOSTILE, warnings=(HOSTILE,))
    assert renderer.render(facts, look=Look()).png.startswith(b"\x89PNG")


def test_a_local_file_named_in_a_text_is_not_drawn(tmp_path: Path) -> None:
    red = tmp_path / "red.png"
    Image.new("RGB", (50, 50), "#FF0001").save(red)
    name = f'</text><image x="0" y="0" width="400" height="400" href="{red}"/><text>'
    drawing = draw_card(replace(ETHER, name=name, address=name), look=Look(), metrics=load_fonts().metrics)
    assert "<image" not in drawing.svg
    colours = Image.open(io.BytesIO(drawn_alone(drawing.svg))).convert("RGB").getcolors(1 << 24)
    assert (255, 0, 1) not in {colour for _, colour in colours or []}


def test_an_address_keeps_its_letter_x() -> None:
    """Inter's contextual alternates would draw the x between digits as a multiplication sign."""
    glyphs = [
        drawn_alone(
            '<svg xmlns="http://www.w3.org/2000/svg" width="200" height="60">'
            f'<text x="9" y="40" font-family="Inter" font-size="30">{text}</text></svg>'
        )
        for text in ("0x6982", "0<tspan>x</tspan>6982", "0×6982")
    ]
    assert glyphs[0] == glyphs[1] != glyphs[2]


@pytest.mark.parametrize("text", ["狗", "ド", "도", "ع", "Ω", "Ж", "₿", "−", "→", "…"])
def test_every_script_we_promise_has_a_face(text: str) -> None:
    assert load_fonts().metrics.family_of(text) is not None


def test_text_is_measured_as_it_is_drawn() -> None:
    """Kerning included: the last ink lies where the measured width ends."""
    width = load_fonts().metrics.width("$3,425.02", size=72, weight=700)
    png = drawn_alone(
        '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="120"><rect width="600" height="120" fill="#000"/>'
        '<text x="0" y="90" font-family="Inter" font-weight="700" font-size="72" fill="#FFF">$3,425.02</text></svg>'
    )
    ink = Image.open(io.BytesIO(png)).convert("L").getbbox()
    assert ink is not None
    assert abs(ink[2] - width) < 6


def test_processes_are_replaced_and_no_drawing_is_lost() -> None:
    renderer = ProcessCardRenderer(processes=1, drawings_per_pool=2)
    try:
        with ThreadPoolExecutor(5) as people:
            cards = [replace(ETHER, rank=index + 1) for index in range(5)]
            pictures = list(people.map(lambda facts: renderer.render(facts, look=Look()), cards))
        assert len({picture.png for picture in pictures}) == 5
    finally:
        renderer.close()


def test_a_drawing_process_that_dies_costs_one_drawing_and_no_more() -> None:
    renderer = ProcessCardRenderer(processes=1)
    try:
        renderer.render(ETHER, look=Look())
        assert renderer._pool is not None
        (process,) = renderer._pool._processes.values()
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        facts = replace(ETHER, rank=77)
        try:
            picture = renderer.render(facts, look=Look())
        except DrawingFailed:
            picture = renderer.render(facts, look=Look())
        assert picture.png.startswith(b"\x89PNG")
    finally:
        renderer.close()


def test_a_drawing_process_is_bounded_and_knows_no_settings() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=start_process, initargs=((),)) as pool:
        assert pool.submit(resource.getrlimit, resource.RLIMIT_FSIZE).result()[0] == 0
        assert pool.submit(resource.getrlimit, resource.RLIMIT_AS).result()[0] <= 1 << 30
        assert pool.submit(os.getenv, "PATH").result() is None


def test_drawing_processes_end_with_the_process_that_started_them() -> None:
    code = (
        "from maskbot.adapters.card_renderer import ProcessCardRenderer; from maskbot.domain.card import Look\n"
        "from tests.unit.wire.card.card_facts import ETHER\n"
        "renderer = ProcessCardRenderer(); renderer.render(ETHER, look=Look())\n"
        "print(*renderer._pool._processes, flush=True); input()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        drawing = [os.pidfd_open(int(pid)) for pid in parent.stdout.readline().split()]
        parent.kill()
        for ended in drawing:
            assert select.select([ended], [], [], 10)[0], "still running"
            os.close(ended)
    assert drawing


def test_missing_fonts_are_said_with_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match="font_install"):
        ProcessCardRenderer(fonts=tmp_path).render(ETHER, look=Look())
