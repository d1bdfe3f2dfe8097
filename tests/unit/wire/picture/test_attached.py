"""Which attachments may be payload pictures, told by format and size alone; and at what price a watcher can ask."""

from __future__ import annotations

import subprocess
import sys

import pytest

from maskbot.domain.post import MediaLink
from maskbot.wire.picture import PRESETS, Preset, attached_pictures


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.name)
@pytest.mark.parametrize("content_type", ["image/png", "image/jpeg", "image/*"])
def test_every_preset_counts_in_every_format(preset: Preset, content_type: str) -> None:
    link = MediaLink("https://a.example/1", content_type, *preset.size)
    assert attached_pictures([link], takes_unsized=False) == (link,)


def test_a_picture_without_size_counts_only_where_it_may() -> None:
    link = MediaLink("https://a.example/1.png", "image/png")
    assert attached_pictures([link], takes_unsized=False) == ()
    assert attached_pictures([link], takes_unsized=True) == (link,)


def test_any_other_size_never_counts() -> None:
    link = MediaLink("https://a.example/1.png", "image/png", 1200, 675)
    assert attached_pictures([link], takes_unsized=True) == ()


def test_asking_loads_neither_numpy_nor_pillow() -> None:
    asked = (
        "import sys, maskbot.wire.picture as p; p.attached_pictures([], takes_unsized=True);"
        "sys.exit('numpy' in sys.modules or 'PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
