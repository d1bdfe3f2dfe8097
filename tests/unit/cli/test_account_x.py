"""An X account is added by its keys, on the simulated X server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from maskbot.domain.post import Draft, Visibility
from maskbot.flows.act.deliver_post import DELIVER
from maskbot.sandbox.x_server.control import XControl, XCredentials
from tests.unit.cli.operator import Operator, operator_at_work
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["x", "x_process"]


@pytest.fixture
def operator(x: XControl) -> Iterator[Operator]:
    with operator_at_work(x_api_base_url=x.base_url) as working:
        yield working


def _keys(found: XCredentials) -> str:
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return json.dumps({name: getattr(found, name) for name in names})


def test_an_x_account_is_added_by_its_keys_and_publishes(operator: Operator, x: XControl) -> None:
    keys = _keys(x.add_user("maskbot"))
    added = operator.run("account", "add", "x", "--keys-file", "-", "--json", stdin=keys).json
    assert (added["platform"], added["instance"], added["handle"]) == ("x", "x.com", "maskbot")
    assert operator.parts.publisher_of(added["id"]).limits().max_length == 280
    operator.run("persona", "new", "alpha")
    planned = operator.run("broadcast", "plan", "-p", "alpha", "-a", "maskbot", "--text", "gm", "--public", "--json")
    assert planned.json["is_public"] is True


def test_wrong_x_keys_are_told_and_not_recorded(operator: Operator, x: XControl) -> None:
    keys = json.loads(_keys(x.add_user("maskbot")))
    ran = operator.run(
        "account", "add", "x", "--keys-env", "KEYS", KEYS=json.dumps({**keys, "access_token_secret": "canary"})
    )
    assert ran.status == 6
    assert "canary" not in ran.err
    assert operator.run("account", "list", "--json").json == []


def test_a_used_up_window_of_x_holds_posts_for_all_workers(operator: Operator, x: XControl) -> None:
    keys = _keys(x.add_user("maskbot"))
    account_id = operator.run("account", "add", "x", "--keys-file", "-", "--json", stdin=keys).json["id"]
    publisher = operator.parts.publisher_of(account_id)
    for number in range(100):  # the documented window: 100 in 15 minutes
        publisher.deliver(Draft(f"post {number}", Visibility.PUBLIC), idempotency_key=str(number))
    now_ms = operator.parts.clock.now_ms()
    with operator.parts.store.read() as work:
        assert work.throttles.blocked_until(account_id=account_id, action=DELIVER, now_ms=now_ms) is not None
