"""A webhook as its receiver meets it: the code of docs/webhook.md refuses what is forged, stale or repeated (E3, R33)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from maskbot.domain.errors import MaskbotError, Refused, Unavailable
from maskbot.domain.identity import Persona, PublicKey
from maskbot.domain.inbox import InboxItem
from maskbot.domain.job import Job, JobKind, NewJob
from maskbot.flows.act.deliver_webhook import deliver_webhook
from maskbot.ports.inside import Place
from tests.fakes.house import House

SECRET = b"a secret of both sides"
PAGE = Path(__file__).parents[4] / "docs" / "webhook.md"
Check = Callable[..., bool]


@pytest.fixture(scope="module")
def is_genuine() -> Check:
    """The receiver's code, from the page."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    check = names["is_genuine"]
    assert callable(check)
    return check


@dataclass
class Receiver:
    """Keeps what it was sent; answers with `statuses`, then with 200."""

    statuses: list[int] = field(default_factory=list)
    taken: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)

    def send(self, *, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        self.taken.append((url, body, dict(headers)))
        return self.statuses.pop(0) if self.statuses else 200


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


def queue_a_notice(house: House) -> None:
    """An inbox item of a persona with a webhook, and the job to tell of it."""
    item = InboxItem("item-1", house.tenant_id, "p1", "x", "9", "bob", None, "", None, house.clock.ms)
    content = json.dumps({"text": "the words 🗳", "meta": {"a": 1}}).encode()
    sealed, secret = house.vault.protect(
        [
            (Place("inbox", item.id, item.tenant_id, "text"), content),
            (Place("persona", "p1", house.tenant_id, "webhook"), SECRET),
        ]
    )
    with house.store.write() as work:
        work.personas.add(Persona("p1", house.tenant_id, "p", PublicKey(b"\x02" + bytes(31) + b"\x01")), now_ms=1)
        work.inbox.set_webhook("p1", url="https://owner.example/hook", sealed_secret=secret)
        work.inbox.add(item, sealed=sealed)
        work.jobs.add([NewJob(JobKind.DELIVER_WEBHOOK, item.id, item.tenant_id, house.clock.ms)])


def deliver(house: House, receiver: Receiver) -> Job:
    (job,) = house.claim(JobKind.DELIVER_WEBHOOK)
    deliver_webhook(job, store=house.store, secrets=house.vault, sender=receiver, clock=house.clock)
    return job


def test_a_genuine_notice_is_taken_once(house: House, receiver: Receiver, is_genuine: Check) -> None:
    queue_a_notice(house)
    deliver(house, receiver)
    ((url, body, headers),) = receiver.taken
    seen: set[str] = set()
    assert url == "https://owner.example/hook"
    signature = headers["Maskbot-Signature"]
    assert is_genuine(body, signature, SECRET, seen, house.clock.ms / 1000)
    assert not is_genuine(body, signature, SECRET, seen, house.clock.ms / 1000)
    assert seen == {"item-1"}
    notice = json.loads(body)
    assert (notice["id"], notice["text"], notice["meta"]) == ("item-1", "the words 🗳", {"a": 1})
    assert house.claim(JobKind.DELIVER_WEBHOOK) == []


FORGERIES: dict[str, Callable[[bytes, str], tuple[bytes, str]]] = {
    "no signature": lambda body, signature: (body, ""),
    "another body": lambda body, signature: (body + b" ", signature),
    "a later time": lambda body, signature: (body, re.sub(r"t=\d+", "t=1795000100", signature)),
    "the scheme of another version": lambda body, signature: (body, signature.replace("v1", "v0")),
    "upper case": lambda body, signature: (body, signature.upper()),
    "digits of another script": lambda body, signature: (body, signature.replace("1", "\u0661")),
    "two signatures": lambda body, signature: (body, signature + ",v1=" + "0" * 64),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_notice_is_refused(name: str, house: House, receiver: Receiver, is_genuine: Check) -> None:
    queue_a_notice(house)
    deliver(house, receiver)
    body, signature = FORGERIES[name](receiver.taken[0][1], receiver.taken[0][2]["Maskbot-Signature"])
    seen: set[str] = set()
    assert not is_genuine(body, signature, SECRET, seen, house.clock.ms / 1000)
    assert seen == set()


@pytest.mark.parametrize(("off_s", "is_taken"), [(0, True), (299, True), (301, False), (-299, True), (-301, False)])
def test_a_stale_notice_is_refused(
    off_s: int, is_taken: bool, house: House, receiver: Receiver, is_genuine: Check
) -> None:
    queue_a_notice(house)
    deliver(house, receiver)
    _, body, headers = receiver.taken[0]
    signature = headers["Maskbot-Signature"]
    assert is_genuine(body, signature, SECRET, set(), house.clock.ms // 1000 + off_s) is is_taken
    assert not is_genuine(body, signature, b"another secret", set(), house.clock.ms / 1000)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
def test_a_notice_that_was_not_taken_comes_again_with_a_fresh_time(
    status: int, house: House, receiver: Receiver, is_genuine: Check
) -> None:
    queue_a_notice(house)
    receiver.statuses = [status]
    (job,) = house.claim(JobKind.DELIVER_WEBHOOK)
    with pytest.raises(Unavailable):
        deliver_webhook(job, store=house.store, secrets=house.vault, sender=receiver, clock=house.clock)
    with house.store.write() as work:
        work.jobs.postpone(job, due_at_ms=house.clock.ms, error_kind="WebhookUnavailable")
    house.clock.move(3_600_000)
    deliver(house, receiver)
    (_, first, _), (_, second, headers) = receiver.taken
    assert first == second
    assert is_genuine(second, headers["Maskbot-Signature"], SECRET, set(), house.clock.ms / 1000)


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410])
def test_a_receiver_that_says_no_is_told_to_the_operator(status: int, house: House, receiver: Receiver) -> None:
    queue_a_notice(house)
    receiver.statuses = [status]
    with pytest.raises(Refused, match=r"check its URL"):
        deliver(house, receiver)


def test_a_webhook_taken_away_meanwhile_sends_nothing(house: House, receiver: Receiver) -> None:
    queue_a_notice(house)
    with house.store.write() as work:
        work.inbox.set_webhook("p1", url=None, sealed_secret=None)
    deliver(house, receiver)
    assert receiver.taken == []


def test_an_item_erased_meanwhile_sends_nothing(house: House, receiver: Receiver) -> None:
    queue_a_notice(house)
    with house.store.write() as work:
        work.personas.erase("p1")
    try:
        deliver(house, receiver)
    except MaskbotError as error:
        raise AssertionError("an erased item is no error") from error
    assert receiver.taken == []
