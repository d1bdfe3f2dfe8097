"""`maskbot check`: looks at every part, one line each, and says what to do about what is wrong. Exit status 1 if anything is."""

from __future__ import annotations

import sys
from dataclasses import asdict

from maskbot.cli.check_outside import outside_checks
from maskbot.cli.check_parts import Line, inside_checks, settings_check
from maskbot.cli.noun import make_single
from maskbot.cli.session import JsonOption, quiet_logs, working
from maskbot.cli.show import printable, show_json

app = make_single("Look at every part.")


@app.command()
def check(as_json: JsonOption = False) -> None:
    """Look at settings, directories, database, Redis, vault, relays, accounts, policy and clock."""
    lines, settings = settings_check()
    _tell(lines, as_json=as_json)
    if settings is not None:
        quiet_logs(settings)
        for look in (inside_checks, outside_checks):
            with working("looking"):
                found = look(settings)
            _tell(found, as_json=as_json)
            lines += found
    if as_json:
        show_json([asdict(line) for line in lines])
    if any(line.is_wrong for line in lines):
        sys.exit(1)


def _tell(lines: list[Line], *, as_json: bool) -> None:
    if as_json:
        return
    signs = {"well": "✓", "wrong": "✗", "note": "!"}
    for line in lines:
        todo = f" → {line.todo}" if line.todo else ""
        print(printable(f"{signs[line.state]} {line.part}: {line.found}{todo}"), flush=True)
