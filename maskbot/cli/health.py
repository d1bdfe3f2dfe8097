"""`maskbot health`: asks the running service's health endpoint. Exit status 0 when it is ready, 1 when not."""

from __future__ import annotations

import json
import sys
from typing import Any

from maskbot.cli.noun import make_single
from maskbot.cli.session import JsonOption
from maskbot.cli.show import printable, show_json
from maskbot.domain.errors import Unavailable
from maskbot.settings import Settings, load_settings

app = make_single("Is the running service well.")

TIMEOUT_S = 10.0
SIZE_LIMIT = 1 << 20


@app.command()
def health(as_json: JsonOption = False) -> None:
    """Ask the running service whether it is ready, and why not."""
    found = ask(load_settings())
    if as_json:
        show_json(found)
    else:
        print("ready" if found.get("is_ready") else "not ready")
        for name in ("reasons", "warnings"):
            for line in found.get(name, []):
                print(f"  {'✗' if name == 'reasons' else '!'} {printable(str(line))}")
    if not found.get("is_ready"):
        sys.exit(1)


def ask(settings: Settings) -> dict[str, Any]:
    """What `/health/ready` says. Raises Unavailable when nothing answers there."""
    from http.client import HTTPConnection, HTTPException

    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(settings.health_host, settings.health_host)  # noqa: S104 - a wildcard is reached on loopback
    connection = HTTPConnection(host, settings.health_port, timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/health/ready")
        found = json.loads(connection.getresponse().read(SIZE_LIMIT))
    except (OSError, HTTPException, ValueError) as error:
        raise Unavailable(
            f"nothing healthy answers on {host} port {settings.health_port}; start the service with `maskbot up`, or set "
            "MASKBOT_HEALTH_PORT to its port"
        ) from error
    finally:
        connection.close()
    if not isinstance(found, dict):
        raise Unavailable(
            f"port {settings.health_port} is not maskbot's; set MASKBOT_HEALTH_PORT to the service's port"
        )
    return found
