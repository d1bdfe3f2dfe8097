"""The set-up step that puts the fonts of cards where they are looked for.

    python -m maskbot.adapters.card_renderer.font_install

fetches the packages of `fonts.txt` through pip (by hash, as data: nothing of them is installed or run), cuts Inter and Noto Sans
Arabic to what cards need, and writes faces, licences and measures into one folder. No Node.js is needed; only the colour emoji
come from an npm package, are taken from a folder of installed npm parts when it is there, and are left out when not.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from maskbot.adapters.card_renderer.fonts import EMOJI_FACE, FACES, LOCKED_FONTS, FontsMissing, fonts_folder, recipe

EMOJI_PART = Path("node_modules/@expo-google-fonts/noto-color-emoji")
_PIP_TIMEOUT_S = 600
_MEMBERS = {
    "inter.ttf": "fontpkg_inter/files/Inter[opsz,wght].ttf",
    "arabic.ttf": "fontpkg_noto_sans_arabic/files/NotoSansArabic[wdth,wght].ttf",
    "NotoSansCJK.otf": "notojp_matplotlib/fonts/NotoSansCJKjp-Regular.otf",
    "LICENSE-Inter.txt": "fontpkg_inter/LICENSE",
    "LICENSE-NotoSansArabic.txt": "fontpkg_noto_sans_arabic/LICENSE",
    "LICENSE-NotoSansCJK.txt": "notojp_matplotlib/fonts/LICENSE",
}


def install(folder: Path | None = None, *, parts: Path | None = None, say: Callable[[str], None] = print) -> Path:
    """Make the fonts unless they are there already, and return their folder. Safe to repeat, and to run twice at once.

    Raises:
        FontsMissing: pip or fontTools failed.
    """
    place, emoji = folder or fonts_folder(), (parts or fonts_folder().parent / ".node") / EMOJI_PART
    if _is_current(place, emoji):
        say(f"fonts: up to date in {place}")
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / ".fonts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current(place, emoji):
            with tempfile.TemporaryDirectory(dir=place.parent, prefix=".fonts-new-") as work:
                _make(Path(work), emoji, say)
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(Path(work) / "done", place)
    (place.parent / ".fonts.lock").unlink(missing_ok=True)
    say(f"fonts: ready in {place}")
    return place


def _make(work: Path, emoji: Path, say: Callable[[str], None]) -> None:
    done = work / "done"
    done.mkdir()
    say("fonts: fetching three packages (15 MB), then cutting them: about half a minute")
    _fetch(work)
    try:
        from maskbot.adapters.card_renderer import font_making as making
    except ModuleNotFoundError as error:
        raise FontsMissing("fontTools is needed to make the fonts; run: pip install fonttools") from error
    for name in ("NotoSansCJK.otf", *(name for name in _MEMBERS if name.startswith("LICENSE"))):
        shutil.move(work / name, done / name)
    for name, weight, optical_size in (("Regular", 400, 18), ("SemiBold", 600, 20), ("Bold", 700, 28)):
        axes = {"wght": float(weight), "opsz": float(optical_size)}
        making.cut_face(
            work / "inter.ttf", done / f"Inter-{name}.ttf", axes=axes, characters=making.LATIN, is_latin=True
        )
    arabic = {"wght": 600.0, "wdth": 100.0}
    making.cut_face(
        work / "arabic.ttf", done / "NotoSansArabic.ttf", axes=arabic, characters=making.ARABIC, is_latin=False
    )
    emoji_file = next(iter(sorted(emoji.glob("400Regular/*.ttf"))), None)
    if emoji_file is None:
        say("fonts: no npm parts here, so emoji are left out of names; `make node-parts` first to have them")
    else:
        making.drop_tables(emoji_file, done / EMOJI_FACE, tables=("SVG ",))
        shutil.copyfile(emoji / "LICENSE_FONT", done / "LICENSE-NotoColorEmoji.txt")
    measures = {
        "Inter": {
            weight: making.measured(done / f"Inter-{name}.ttf")
            for weight, name in (("400", "Regular"), ("600", "SemiBold"), ("700", "Bold"))
        },
        "Noto Sans Arabic": making.measured(done / "NotoSansArabic.ttf"),
        "Noto Sans CJK JP": making.covered(done / "NotoSansCJK.otf"),
        "Noto Color Emoji": [] if emoji_file is None else making.covered(done / EMOJI_FACE),
    }
    (done / "metrics.json").write_text(json.dumps(measures, sort_keys=True, separators=(",", ":")))
    faces = hashlib.sha256()
    for name in (*FACES, EMOJI_FACE):
        faces.update((done / name).read_bytes() if (done / name).is_file() else b"-")
    (done / ".stamp").write_text(f"{recipe()} {faces.hexdigest()}")


def _fetch(work: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-deps",
    ]
    command += ["--require-hashes", "--only-binary", ":all:", "--dest", str(work), "--requirement", str(LOCKED_FONTS)]
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter and fixed arguments
            command, capture_output=True, text=True, timeout=_PIP_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FontsMissing(f"pip could not fetch the fonts: {type(error).__name__}") from error
    if done.returncode != 0:
        raise FontsMissing(f"pip could not fetch the fonts:\n{done.stderr[-2000:]}")
    for wheel in work.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name, member in _MEMBERS.items():
                if member in archive.namelist():
                    (work / name).write_bytes(archive.read(member))


def _is_current(place: Path, emoji: Path) -> bool:
    try:
        is_made = (place / ".stamp").read_text().startswith(recipe())
    except OSError:
        return False
    return is_made and ((place / EMOJI_FACE).is_file() or not emoji.is_dir())


if __name__ == "__main__":
    try:
        install(parts=Path(os.environ["MASKBOT_PARTS"]) if "MASKBOT_PARTS" in os.environ else None)
    except FontsMissing as missing:
        sys.exit(f"maskbot: {missing}")
