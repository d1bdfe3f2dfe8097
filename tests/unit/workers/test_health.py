"""Health over real HTTP, on a real store: green when all is well, red with reasons for each injected fault."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx
import pytest

from maskbot.adapters.redis_ping import redis_failure
from maskbot.assembly import App, assemble
from maskbot.domain.errors import Misconfigured
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.job import JobKind, NewJob
from maskbot.settings import Settings
from workers.health import HealthServer, serve_health


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    parts = assemble(Settings(home=tmp_path / "home", health_port=0))
    with parts.store.write() as work:
        work.bells.beat(name="ticker", now_ms=parts.clock.now_ms())
    yield parts
    parts.close()


def _asked(
    app: App, path: str = "/health/ready", *, probes: Mapping[str, Callable[[], str | None]] | None = None
) -> httpx.Response:
    with HealthServer(app, probes=probes if probes is not None else {}) as server:
        return httpx.get(f"http://127.0.0.1:{server.port}{path}", timeout=10)


def _reasons(app: App, **probes: Callable[[], str | None]) -> str:
    answer = _asked(app, probes=probes)
    assert answer.status_code == 503
    body: dict[str, Any] = answer.json()
    assert body["is_ready"] is False
    return json.dumps(body["reasons"])


def _account(app: App) -> str:
    now_ms = app.clock.now_ms()
    profile = Profile(Platform.MASTODON, "a.example", "1", "bot@a.example", "https://a.example/users/bot")
    return app.admin.add_account(
        "account-1",
        tenant_id=app.admin.add_tenant("default", now_ms=now_ms),
        profile=profile,
        api_base_url="https://a.example",
        sealed_token=b"sealed",
        now_ms=now_ms,
    )


def test_a_live_service_that_lacks_nothing_is_ready(app: App) -> None:
    answer = _asked(app, probes={"redis": lambda: None})
    assert (answer.status_code, answer.json()) == (200, {"is_ready": True, "reasons": [], "warnings": []})
    assert _asked(app, "/health/live").json() == {"is_live": True}


def test_a_failing_part_is_named(app: App) -> None:
    assert "redis: does not answer" in _reasons(app, redis=lambda: "does not answer")


def test_a_probe_that_raises_is_a_reason(app: App) -> None:
    def broken() -> str | None:
        raise RuntimeError("canary")

    assert "vault: RuntimeError" in _reasons(app, vault=broken)


def test_a_silent_ticker_is_a_reason(app: App) -> None:
    with app.store.write() as work:
        work.bells.beat(name="ticker", now_ms=app.clock.now_ms() - 20_000)
    assert "ticker: last alive 20 s ago" in _reasons(app)


def test_a_watcher_that_never_lived_is_a_reason(app: App) -> None:
    account_id = _account(app)
    assert f"watch:{account_id}: last alive never" in _reasons(app)
    with app.store.write() as work:
        work.bells.beat(name=f"watch:{account_id}", now_ms=app.clock.now_ms())
    assert _asked(app).status_code == 200


def test_a_paused_account_needs_no_watcher_and_a_broken_one_warns(app: App) -> None:
    account_id = _account(app)
    with app.store.write() as work:
        work.accounts.set_state(account_id, state="broken", reason="token refused")
    answer = _asked(app)
    assert answer.status_code == 200
    assert "broken" in answer.json()["warnings"][0]


def test_due_work_that_nobody_takes_is_a_reason(app: App) -> None:
    with app.store.write() as work:
        work.jobs.add([NewJob(JobKind.DELIVER_POST, "d1", "t1", app.clock.now_ms() - 13_000)])
    assert "deliveries: due work has waited" in _reasons(app)


def test_a_database_that_takes_no_write_is_a_reason(app: App) -> None:
    path = app.store.engines.path
    assert path is not None
    app.store.close()
    for each in path.parent.glob("maskbot.db*"):
        each.unlink()
    path.write_bytes(b"this is no database" * 100)
    assert "database" in _reasons(app)


def test_metrics_show_the_pulse_and_no_handles(app: App) -> None:
    _account(app)
    with app.store.write() as work:
        work.jobs.add([NewJob(JobKind.DELIVER_POST, "d1", "t1", app.clock.now_ms())])
    text = _asked(app, "/metrics").text
    assert 'maskbot_jobs_due{queue="deliveries"} 1.0' in text
    assert 'maskbot_accounts{state="active"} 1.0' in text
    assert "maskbot_ready 0.0" in text
    assert 'maskbot_loop_age_seconds{loop="ticker"}' in text
    assert "bot@a.example" not in text


def test_other_paths_are_not_found(app: App) -> None:
    assert _asked(app, "/").status_code == 404


def test_a_taken_port_is_misconfigured_and_names_the_variable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        app = assemble(Settings(home=tmp_path / "h", health_port=taken.getsockname()[1]))
        with pytest.raises(Misconfigured, match="MASKBOT_HEALTH_PORT"):
            HealthServer(app, probes={})
        app.close()


def test_serving_ends_when_told(app: App) -> None:
    stop = Event()
    thread = Thread(target=serve_health, args=(app,), kwargs={"stop": stop, "probes": {}}, daemon=True)
    thread.start()
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_an_absent_redis_is_named(tmp_path: Path) -> None:
    assert redis_failure(f"redis+socket://{tmp_path}/none.sock") == "does not answer (ConnectionError)"


def test_a_part_that_never_answers_does_not_keep_health_from_answering(app: App) -> None:
    let_go = Event()

    def stuck() -> str | None:
        let_go.wait(30)
        return None

    with HealthServer(app, probes={"vault": stuck}, patience_s=0.1) as server:
        answer = httpx.get(f"http://127.0.0.1:{server.port}/health/ready", timeout=10)
        let_go.set()
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["vault: has not answered within 0.1 s"]
