"""Starts the simulated X as a process of its own: `python -m maskbot.sandbox.x_server --port 0 --state-file FILE`.

The socket listens before `{"port": N}` is printed, so whoever read that line can connect at once.
"""

from __future__ import annotations

import argparse
import json
import socket
from pathlib import Path

import uvicorn

from maskbot.sandbox.x_server.server import make_app
from maskbot.sandbox.x_server.world import World


def main() -> None:
    parser = argparse.ArgumentParser(prog="maskbot.sandbox.x_server", description="A simulated X API on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--state-file", type=Path, default=None, help="journal of all state; absent = memory only")
    options = parser.parse_args()
    world = World(options.state_file)
    world.open()
    listener = socket.create_server(("127.0.0.1", options.port), backlog=256)
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    config = uvicorn.Config(
        make_app(world), log_level="error", access_log=False, lifespan="off", timeout_graceful_shutdown=1
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    finally:
        world.close()


if __name__ == "__main__":
    main()
