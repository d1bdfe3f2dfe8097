"""A drand chain of our own on loopback: real BLS signatures by a throw-away key, rounds by the clock, over drand's HTTP API.

    python -m maskbot.sandbox.drand_server

The protocol is the real one, the trust is not: one process knows every round beforehand. `answer` can be set to lie.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from maskbot.adapters.drand import public_key_of, sign_round
from maskbot.wire.draw import DrandChain

PRIVATE_KEY = int.from_bytes(sha256(b"maskbot sandbox drand chain").digest(), "big")


def sandbox_chain(*, genesis_s: int, period_s: int) -> DrandChain:
    """The chain of the sandbox; its hash follows from its key and times."""
    public_key = public_key_of(PRIVATE_KEY)
    name = sha256(public_key + genesis_s.to_bytes(8, "big") + period_s.to_bytes(4, "big")).digest()
    return DrandChain(hash=name, public_key=public_key, genesis_s=genesis_s, period_s=period_s)


class DrandServer:
    """Serves one chain until `close`. `now_s` is the clock; `answer` makes the signature of a round."""

    def __init__(
        self,
        chain: DrandChain,
        *,
        now_s: Callable[[], float] = time.time,
        answer: Callable[[int], bytes] | None = None,
        port: int = 0,
    ) -> None:
        self.chain = chain
        self._now_s = now_s
        self._answer = answer if answer is not None else _signature
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, body = outer.respond(self.path)
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def respond(self, path: str) -> tuple[int, bytes]:
        """Status and body for a path of the API."""
        parts = path.strip("/").split("/")
        name = self.chain.hash.hex()
        if parts == [name, "info"]:
            return 200, json.dumps(self._info()).encode()
        if len(parts) == 3 and parts[:2] == [name, "public"] and (parts[2].isdecimal() or parts[2] == "latest"):
            newest = int((self._now_s() - self.chain.genesis_s) // self.chain.period_s) + 1
            number = newest if parts[2] == "latest" else int(parts[2][:15])
            if not 0 < number <= newest:
                return 425, b"{}"
            signature = self._answer(number)
            body = {"round": number, "randomness": sha256(signature).hexdigest(), "signature": signature.hex()}
            return 200, json.dumps(body).encode()
        return 404, b"{}"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _info(self) -> dict[str, object]:
        return {
            "public_key": self.chain.public_key.hex(),
            "period": self.chain.period_s,
            "genesis_time": self.chain.genesis_s,
            "hash": self.chain.hash.hex(),
            "schemeID": "bls-unchained-g1-rfc9380",
        }


@lru_cache(maxsize=256)
def _signature(number: int) -> bytes:
    return sign_round(PRIVATE_KEY, round_number=number)


def main() -> None:
    """Serve a chain with a round every three seconds until Ctrl-C."""
    server = DrandServer(sandbox_chain(genesis_s=int(time.time()), period_s=3))
    print(f"{server.url}/{server.chain.hash.hex()}/info")
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        server.close()


if __name__ == "__main__":
    main()
