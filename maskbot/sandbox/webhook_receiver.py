"""An owner's server: takes signed notices of opened posts, after refusing the first one, to see that it comes again."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_LARGEST_BODY = 1 << 20


class WebhookReceiver:
    """Listens on a free loopback port. `notices` are those with a good signature; `forged` counts the others."""

    def __init__(self) -> None:
        self.secret = ""
        self.notices: list[dict[str, Any]] = []
        self.refused = 0
        self.forged = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), _LARGEST_BODY))
                self.send_response(receiver.take(body, self.headers.get("Maskbot-Signature", "")))
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="webhook", daemon=True).start()

    @property
    def url(self) -> str:
        """Where notices go."""
        return f"http://127.0.0.1:{self._server.server_port}/opened"

    def take(self, body: bytes, signature: str) -> int:
        """Check one notice; the HTTP status to answer."""
        parts = dict(part.split("=", 1) for part in signature.split(",") if "=" in part)
        expected = hmac.new(self.secret.encode(), f"{parts.get('t')}.".encode() + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, parts.get("v1", "")):
            self.forged += 1
            return 401
        if not self.refused:
            self.refused += 1
            return 503
        self.notices.append(json.loads(body))
        return 204

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
