"""Our Solidity sources, compiled by the locked npm `solc` and kept by the hash of everything that went in.

The sources in `contracts/` are development contracts and test tokens; no compiled code is in the repository. A second run with the
same sources and parts reads the file that the first one wrote beside the parts (an ignored folder).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maskbot.domain.errors import Misconfigured
from maskbot.sandbox import node

_SOURCES = Path(__file__).with_name("contracts")
_COMPILE_TIMEOUT_S = 120
_SETTINGS = {
    "optimizer": {"enabled": True, "runs": 200},
    "viaIR": True,
    "evmVersion": "cancun",
    "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
}


class CompilationFailed(Misconfigured):
    """The compiler is not there, or refuses the sources."""

    kind = "CompilationFailed"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One compiled contract: its interface (the ABI as JSON) and the code that deploys it."""

    name: str
    abi: list[dict[str, Any]]
    code: bytes


def compile_contracts(*, parts: Path | None = None) -> Mapping[str, Artifact]:
    """Every contract of `contracts/*.sol` by its name. Takes seconds once, then some milliseconds; safe to run twice at once.

    Raises:
        CompilationFailed: a source has an error, named with its place.
        NodeMissing: Node or the parts are not installed.
    """
    folder = node.installed_parts(parts)
    sources = {path.name: {"content": path.read_text(encoding="utf-8")} for path in sorted(_SOURCES.glob("*.sol"))}
    request = json.dumps({"language": "Solidity", "sources": sources, "settings": _SETTINGS}, sort_keys=True)
    stamp = (folder / ".stamp").read_text()
    kept = folder / "contracts" / f"{hashlib.sha256((stamp + request).encode()).hexdigest()}.json"
    if not kept.is_file():
        kept.parent.mkdir(exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_text(_compile(request, folder))
        fresh.replace(kept)
    return _artifacts(json.loads(kept.read_text()))


def _compile(request: str, folder: Path) -> str:
    command = [str(node.find_node().executable), str(_SOURCES / "compile.js"), str(folder)]
    try:
        done = subprocess.run(
            command, input=request, capture_output=True, text=True, timeout=_COMPILE_TIMEOUT_S, check=True
        )
        answer = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise CompilationFailed(f"solc could not run: {error}") from error
    errors = [one["formattedMessage"] for one in answer.get("errors", ()) if one["severity"] == "error"]
    if errors:
        raise CompilationFailed("\n".join(errors))
    return done.stdout


def _artifacts(answer: Mapping[str, Any]) -> dict[str, Artifact]:
    found = {}
    for contracts in answer["contracts"].values():
        for name, one in contracts.items():
            found[name] = Artifact(name, one["abi"], bytes.fromhex(one["evm"]["bytecode"]["object"]))
    return found
