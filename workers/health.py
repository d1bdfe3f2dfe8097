"""Health and metrics over HTTP: `/health/live`, `/health/ready`, `/metrics`; on loopback unless the operator says otherwise.

Ready means: the store takes a write, the ticker and every watcher were alive within three periods, nothing due has waited for more
than twelve seconds, Redis and the vault answer. When it is not, the answer says why. Source: reliability.md R39. Nothing here
tells texts, handles or secrets.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from maskbot.adapters.redis_ping import redis_failure
from maskbot.assembly import App
from maskbot.domain.errors import MaskbotError, Misconfigured

log = structlog.get_logger()

OLDEST_DUE_LIMIT_MS = 12_000
"""Longer than any healthy worker lets due work wait, and short enough to be red within 15 s of a worker's death."""
_LEAST_AGE_MS = 6_000
_KEPT_S = 1.0
_PATIENCE_S = 3.0
_ANSWER_S = 5.0

Probe = Callable[[], str | None]
"""Looks at one part; None when it is well, else why not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found: `reasons` keep the service from being ready, `warnings` do not."""

    reasons: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        """Whether nothing keeps the service from being ready."""
        return not self.reasons


class Watchman:
    """Looks at every part, at most once a second however often it is asked. Thread-safe.

    The look has a thread of its own: a part that does not answer (a locked database) must not keep the answer about it waiting.
    """

    def __init__(self, app: App, probes: Mapping[str, Probe], *, patience_s: float) -> None:
        self._app = app
        self._probes = probes
        self._patience_s = patience_s
        self._lock = Lock()
        self._looked_s = float("-inf")
        self._found = Finding((), ())
        self._looking: Event | None = None
        self._looks_at = ""

    def look(self) -> Finding:
        """The finding of this second, or which part has not answered for `patience_s`."""
        with self._lock:
            if self._looking is None and time.monotonic() - self._looked_s <= _KEPT_S:
                return self._found
            if self._looking is None:
                self._looking = Event()
                Thread(target=self._look_once, args=(self._looking,), name="health-look", daemon=True).start()
            looking = self._looking
        if looking.wait(self._patience_s):
            return self._found
        return Finding((f"{self._looks_at}: has not answered within {self._patience_s:g} s",), ())

    def _look_once(self, done: Event) -> None:
        found = self._look()
        with self._lock:
            self._found, self._looked_s, self._looking = found, time.monotonic(), None
        done.set()

    def _look(self) -> Finding:
        reasons: list[str] = []
        warnings: list[str] = []
        for name, probe in self._probes.items():
            self._looks_at = name
            if (why := _asked(probe)) is not None:
                reasons.append(f"{name}: {why}")
        self._looks_at = "database"
        try:
            with self._app.store.write() as work:
                work.bells.beat(name="health", now_ms=self._app.clock.now_ms())
            self._read_pulse(reasons, warnings)
        except MaskbotError as error:
            reasons.append(f"database: {error}")
        except Exception as error:  # whatever the database does, health must answer
            reasons.append(f"database: {type(error).__name__}")
        return Finding(tuple(reasons), tuple(warnings))

    def _read_pulse(self, reasons: list[str], warnings: list[str]) -> None:
        pulse = self._app.admin.pulse(now_ms=self._app.clock.now_ms())
        with self._app.store.read() as work:
            active = {key: each for key, each in work.accounts.load().items() if each.state == "active"}
        periods_ms = {"ticker": self._app.tick_s * 1000} | {
            f"watch:{key}": self._app.poll_s(each.profile.platform) * 1000 for key, each in active.items()
        }
        for name, period_ms in periods_ms.items():
            age_ms = pulse.beats.get(name)
            if age_ms is None or age_ms > max(3 * period_ms, _LEAST_AGE_MS):
                since = "never" if age_ms is None else f"{age_ms / 1000:.0f} s ago"
                reasons.append(f"{name}: last alive {since}")
        reasons += [
            f"{queue}: due work has waited for {age_ms / 1000:.0f} s; is a worker running?"
            for queue, age_ms in pulse.oldest_due_ms.items()
            if age_ms > OLDEST_DUE_LIMIT_MS
        ]
        if pulse.accounts.get("broken"):
            warnings.append(f"{pulse.accounts['broken']} accounts are broken: maskbot account list")
        if pulse.jobs.get("parked"):
            warnings.append(f"{pulse.jobs['parked']} jobs gave up: maskbot outbox parked")


class PulseCollector(Collector):
    """The store's figures as Prometheus metrics, read when they are scraped."""

    def __init__(self, app: App, watchman: Watchman) -> None:
        self._app = app
        self._watchman = watchman

    def collect(self) -> Iterator[Metric]:
        """Yields nothing but `maskbot_ready` while the database is away."""
        yield _gauge("maskbot_ready", "1 when the service is ready", {"": float(self._watchman.look().is_ready)})
        try:
            pulse = self._app.admin.pulse(now_ms=self._app.clock.now_ms())
        except MaskbotError:
            return
        for name, what, label, values in (
            ("maskbot_jobs_due", "jobs that are due", "queue", pulse.due_jobs),
            ("maskbot_jobs", "jobs", "state", pulse.jobs),
            ("maskbot_mentions", "collected posts", "state", pulse.mentions),
            ("maskbot_deliveries", "deliveries", "state", pulse.deliveries),
            ("maskbot_broadcasts", "broadcasts", "state", pulse.broadcasts),
            ("maskbot_accounts", "hosting accounts", "state", pulse.accounts),
        ):
            yield _gauge(name, f"Number of {what} by {label}", values, label=label)
        for name, what, label, ages_ms in (
            ("maskbot_oldest_due_seconds", "How long the longest due job has waited", "queue", pulse.oldest_due_ms),
            ("maskbot_loop_age_seconds", "How long ago each loop was alive", "loop", pulse.beats),
        ):
            yield _gauge(name, what, {key: age / 1000 for key, age in ages_ms.items()}, label=label)
        unknown_s = pulse.oldest_unknown_ms / 1000
        yield _gauge("maskbot_oldest_unknown_seconds", "Age of the oldest delivery of unknown outcome", {"": unknown_s})
        spent = {key: value / 1000 for key, value in pulse.spent_today_musd.items()}
        yield _gauge("maskbot_x_spent_today_usd", "What X calls cost this UTC day", spent, label="account_id")


def serve_health(app: App, *, stop: Event, probes: Mapping[str, Probe] | None = None) -> None:
    """Serve until `stop` is set.

    Raises:
        Misconfigured: the address cannot be bound.
    """
    with HealthServer(app, probes=probes) as server:
        log.info("health.ready", host=app.settings.health_host, port=server.port)
        stop.wait()


class HealthServer:
    """The HTTP server, from construction to the end of its `with` block. `port` is the bound one (setting 0: any free one)."""

    def __init__(self, app: App, *, probes: Mapping[str, Probe] | None = None, patience_s: float = _PATIENCE_S) -> None:
        watchman = Watchman(app, probes if probes is not None else default_probes(app), patience_s=patience_s)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(PulseCollector(app, watchman))
        ProcessCollector(registry=registry)
        settings = app.settings
        try:
            self._server = _Server((settings.health_host, settings.health_port), _handler(watchman, registry))
        except (OSError, OverflowError) as error:
            raise Misconfigured(
                f"health cannot listen on {settings.health_host} port {settings.health_port} ({error}); choose another "
                "with MASKBOT_HEALTH_PORT or MASKBOT_HEALTH_HOST"
            ) from error
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, args=(0.1,), name="health-http", daemon=True)

    def __enter__(self) -> HealthServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def default_probes(app: App) -> Mapping[str, Probe]:
    """Redis by PING, the vault by its socket."""
    from maskbot.adapters.vault import is_answering

    path = app.settings.vault_socket_path
    return {
        "redis": lambda: redis_failure(app.settings.broker_url),
        "vault": lambda: None if is_answering(path) else f"does not answer on {path}",
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 32


def _handler(watchman: Watchman, registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = _ANSWER_S
        server_version = "maskbot"
        sys_version = ""

        def do_GET(self) -> None:
            route = self.path.split("?", 1)[0]
            if route == "/health/live":
                self._answer(200, {"is_live": True})
            elif route == "/health/ready":
                found = watchman.look()
                body = {"is_ready": found.is_ready, "reasons": found.reasons, "warnings": found.warnings}
                self._answer(200 if found.is_ready else 503, body)
            elif route == "/metrics":
                self._send(200, CONTENT_TYPE_LATEST, generate_latest(registry))
            else:
                self._answer(404, {"error": "see /health/live, /health/ready and /metrics"})

        def _answer(self, status: int, body: Mapping[str, Any]) -> None:
            self._send(status, "application/json", json.dumps(body).encode())

        def _send(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Requests are not logged."""

    return Handler


def _asked(probe: Probe) -> str | None:
    try:
        return probe()
    except Exception as error:  # a probe that fails is a finding, not a failure of health
        return type(error).__name__


def _gauge(name: str, what: str, values: Mapping[str, float], *, label: str | None = None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, what, labels=[label] if label is not None else [])
    for key, value in values.items():
        family.add_metric([key] if label is not None else [], float(value))
    return family
