"""Rate limits, faults on demand, restarts and the process of the simulated X."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import httpx
import pytest

from maskbot.sandbox.x_server.control import XControl
from tests.unit.sandbox.x_process import running_x, x, x_process

__all__ = ["x", "x_process"]


@pytest.fixture
def api(x: XControl) -> httpx.Client:
    bot = x.add_user("maskbot")
    return httpx.Client(base_url=x.base_url, headers={"Authorization": f"Bearer {bot.oauth2_token}"}, timeout=5)


def test_the_76th_users_me_is_429_and_the_header_says_so_before(x: XControl, api: httpx.Client) -> None:
    answers = [api.get("/2/users/me") for _ in range(76)]
    assert [answer.status_code for answer in answers] == [200] * 75 + [429]
    remaining = [int(answer.headers["x-rate-limit-remaining"]) for answer in answers]
    assert remaining == [*range(74, -1, -1), 0]
    assert answers[-1].json()["title"] == "Too Many Requests"
    assert int(answers[-1].headers["x-rate-limit-reset"]) > time.time()
    assert x.calls()["over_budget"] == {"GET /2/users/me": 1}
    x.advance_clock(901)
    assert api.get("/2/users/me").status_code == 200


def test_posting_has_a_limit_of_the_day_beside(api: httpx.Client) -> None:
    headers = api.post("/2/tweets", json={"text": "one"}).headers
    assert headers["x-rate-limit-limit"] == "100"
    assert headers["x-app-limit-24hour-remaining"] == "9999"


def test_a_limit_can_be_narrowed_and_lifted(x: XControl, api: httpx.Client) -> None:
    x.switch(limit_overrides={"GET /2/users/me": 1})
    assert [api.get("/2/users/me").status_code for _ in range(2)] == [200, 429]
    x.switch(has_limits=False)
    assert api.get("/2/users/me").status_code == 200


@pytest.mark.parametrize("reset", ["future", "past", "absent", "garbage"])
def test_a_429_comes_with_any_reset(x: XControl, api: httpx.Client, reset: str) -> None:
    x.add_fault("rate_limited", reset=reset, seconds=100)
    answer = api.get("/2/users/me")
    value = answer.headers.get("x-rate-limit-reset")
    assert answer.status_code == 429
    match reset:
        case "future":
            assert int(str(value)) > time.time()
        case "past":
            assert int(str(value)) < time.time()
        case "absent":
            assert value is None
        case _:
            assert value == "soon"


@pytest.mark.parametrize(
    ("effect", "status", "kind"),
    [("html_503", 503, "text/html"), ("empty_503", 503, ""), ("payment_required", 402, "application/json")],
)
def test_error_shapes(x: XControl, api: httpx.Client, effect: str, status: int, kind: str) -> None:
    x.add_fault(effect)
    answer = api.get("/2/users/me")
    assert answer.status_code == status
    assert answer.headers.get("content-type", "").startswith(kind)
    assert api.get("/2/users/me").status_code == 200


def test_a_cut_answer_is_no_json(x: XControl, api: httpx.Client) -> None:
    x.add_fault("cut_json", after=True)
    answer = api.get("/2/users/me")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_partial_answer_has_data_and_errors(x: XControl, api: httpx.Client) -> None:
    x.add_fault("partial")
    assert set(api.get("/2/users/me").json()) == {"data", "errors"}


@pytest.mark.parametrize("effect", ["drop", "html_503", "cut_json"])
def test_a_post_can_happen_though_its_answer_is_lost(x: XControl, api: httpx.Client, effect: str) -> None:
    x.add_fault(effect, method="POST", path="/2/tweets", after=True)
    if effect == "drop":
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            api.post("/2/tweets", json={"text": "it is up"})
    else:
        api.post("/2/tweets", json={"text": "it is up"})
    assert [post["text"] for post in x.posts(author="maskbot")] == ["it is up"]


def test_a_fault_without_after_stores_nothing(x: XControl, api: httpx.Client) -> None:
    x.add_fault("drop", method="POST", path="/2/tweets")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):  # closed or reset, as the kernel likes
        api.post("/2/tweets", json={"text": "never"})
    assert x.posts(author="maskbot") == []


def test_a_hanging_server_is_felt_as_a_timeout(x: XControl, api: httpx.Client) -> None:
    x.add_fault("hang", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        api.get("/2/users/me", timeout=0.2)


def test_faults_are_counted_skipped_and_matched(x: XControl, api: httpx.Client) -> None:
    x.add_fault("status", status=500, path="/2/users/*", count=2, skip=1)
    assert [api.get("/2/users/me").status_code for _ in range(4)] == [200, 500, 500, 200]
    assert api.post("/2/tweets", json={"text": "unharmed"}).status_code == 201


def test_an_unknown_effect_is_told(x: XControl) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        x.add_fault("explode")


def test_no_credential_no_answer(x: XControl) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "OAuth nonsense"}):
        assert httpx.get(f"{x.base_url}/2/users/me", headers=headers).status_code == 401


def test_the_apps_own_token_has_no_user(x: XControl) -> None:
    bot = x.add_user("maskbot")
    headers = {"Authorization": f"Bearer {bot.app_bearer_token}"}
    answer = httpx.get(f"{x.base_url}/2/users/me", headers=headers)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("/unsupported-authentication")


def test_what_was_answered_outlives_a_kill(tmp_path: Path) -> None:
    state = tmp_path / "x.jsonl"
    with running_x(state_file=state) as (control, process):
        control.add_user("bob")
        first = control.say("bob", "still here")["id"]
        process.send_signal(signal.SIGKILL)
        process.wait()
    with running_x(state_file=state) as (control, _):
        assert [post["text"] for post in control.posts()] == ["still here"]
        assert int(control.say("bob", "and more")["id"]) > int(first)


def test_it_ends_on_sigterm(tmp_path: Path) -> None:
    with running_x() as (_, process):
        process.terminate()
        process.wait(timeout=5)
