"""Every failure shape of X ends in its family (spec/social-platforms.md, 3.3), and nothing is retried behind our back."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace

import pytest

from maskbot.adapters.x import XKeys, connect
from maskbot.adapters.x.errors import DEFAULT_PAUSE_S, XAddressWrong, XCreditsUsedUp, XKeysIncomplete
from maskbot.adapters.x.transport import XSession
from maskbot.domain.account import FeedKind
from maskbot.domain.errors import MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed
from maskbot.domain.post import Draft, Visibility
from maskbot.sandbox.x_server.control import XControl
from tests.ports.x_accounts import Hosted, host, hosted, keys_of
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["hosted", "x", "x_process"]

POST_NOTHING = Draft("words", Visibility.PUBLIC)


def read(of: Hosted) -> None:
    of.account.feed.fetch_page(kind=FeedKind.MENTIONS, target="", cursor=None)


def write(of: Hosted) -> None:
    of.account.publisher.deliver(POST_NOTHING, idempotency_key="")


@pytest.mark.parametrize(
    ("effect", "on_read", "on_write"),
    [
        ("html_503", Unavailable, Unconfirmed),
        ("empty_503", Unavailable, Unconfirmed),
        ("cut_json", Unavailable, Unconfirmed),
        ("drop", Unavailable, Unconfirmed),
        ("hang", Unavailable, Unconfirmed),
        ("giant", Unavailable, Unconfirmed),
        ("drip", Unavailable, Unconfirmed),
        ("rate_limited", Unavailable, Unavailable),
        ("payment_required", Misconfigured, Misconfigured),
    ],
)
def test_each_shape_has_its_family(
    x: XControl, hosted: Hosted, effect: str, on_read: type[MaskbotError], on_write: type[MaskbotError]
) -> None:
    bot = host(x, hosted.credentials, read_timeout_s=0.3)
    bot.account.feed.whoami()
    x.clear_calls()
    x.add_fault(effect, method="GET", path="/2/users/*/mentions", seconds=5)
    with pytest.raises(on_read):
        read(bot)
    x.add_fault(effect, method="POST", path="/2/tweets", seconds=5)
    with pytest.raises(on_write):
        write(bot)
    assert sum(x.calls()["calls"].values()) <= 2


@pytest.mark.parametrize(
    ("status", "body", "family"),
    [
        (
            400,
            '{"errors":[{"message":"bad"}],"title":"Invalid Request","detail":"no","type":"a/invalid-request"}',
            Refused,
        ),
        (401, '{"title":"Unauthorized","status":401}', Misconfigured),
        (403, '{"title":"Forbidden","detail":"no"}', Refused),
        (
            403,
            '{"title":"x","detail":"no","type":"https://api.x.com/2/problems/unsupported-authentication"}',
            Misconfigured,
        ),
        (403, '{"title":"CreditsDepleted","detail":"Your account has no credits left."}', Misconfigured),
        (404, "", Refused),
        (429, "Too many", Unavailable),
        (500, "[1, 2]", Unconfirmed),
        (500, '{"errors": null}', Unconfirmed),
        (500, '{"errors": {"code": 1}}', Unconfirmed),
        (500, '{"errors": [1, null, {"message": 5}]}', Unconfirmed),
        (503, "[" * 100_000, Unconfirmed),
        (200, "[]", Unconfirmed),
        (200, "[" * 100_000, Unconfirmed),
        (200, "{}", Unconfirmed),
        (200, '{"data": {"id": 7}}', Unconfirmed),
    ],
)
def test_any_body_of_a_refused_post_is_read_safely(
    x: XControl, hosted: Hosted, status: int, body: str, family: type[MaskbotError]
) -> None:
    hosted.account.feed.whoami()
    hosted.recorder.version = "2.167"
    x.add_fault("status", method="POST", path="/2/tweets", status=status, body=body, headers={"content-type": "text/x"})
    with pytest.raises(family):
        write(hosted)


@pytest.mark.parametrize(
    ("reset", "least_s", "most_s"),
    [
        ("future", 90, 102),
        ("past", DEFAULT_PAUSE_S, DEFAULT_PAUSE_S),
        ("absent", DEFAULT_PAUSE_S, DEFAULT_PAUSE_S),
        ("garbage", DEFAULT_PAUSE_S, DEFAULT_PAUSE_S),
    ],
)
def test_a_429_says_when_to_come_back_and_is_asked_once(
    x: XControl, hosted: Hosted, reset: str, least_s: float, most_s: float
) -> None:
    hosted.account.feed.whoami()
    x.clear_calls()
    x.add_fault("rate_limited", reset=reset, seconds=100, count=None)
    with pytest.raises(Unavailable) as limited:
        read(hosted)
    assert limited.value.retry_after_s is not None
    assert least_s <= limited.value.retry_after_s <= most_s
    assert x.faults_struck() >= 1
    assert x.calls()["calls"] == {}


def test_the_true_limit_of_the_server_is_told_with_its_reset(x: XControl, hosted: Hosted) -> None:
    x.switch(limit_overrides={"GET /2/users/:id/mentions": 1})
    read(hosted)
    with pytest.raises(Unavailable) as limited:
        read(hosted)
    assert 800 < (limited.value.retry_after_s or 0) <= 902
    assert hosted.budgets[-1].remaining == 0


def test_an_answer_that_drips_for_ever_is_given_up(x: XControl, hosted: Hosted) -> None:
    session = XSession(x.base_url, longest_s=0.3)
    account = connect(keys_of(hosted.credentials), session=session)
    x.add_fault("drip", seconds=0.02, path="/2/users/me")
    with pytest.raises(Unavailable, match="XAnswerTooLarge"):
        account.feed.whoami()


def test_nobody_listening_means_nothing_happened(hosted: Hosted) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    account = connect(keys_of(hosted.credentials), base_url=f"http://127.0.0.1:{port}")
    with pytest.raises(Unavailable):
        account.feed.whoami()


def test_a_refused_connection_on_a_post_is_unavailable_not_unconfirmed(x: XControl, hosted: Hosted) -> None:
    hosted.account.feed.whoami()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    hosted.session.base_url = f"http://127.0.0.1:{port}"
    with pytest.raises(Unavailable):
        write(hosted)


def test_a_redirect_is_not_followed(x: XControl, hosted: Hosted) -> None:
    x.add_fault("redirect", body="http://169.254.169.254/latest", path="/2/users/me")
    with pytest.raises(Misconfigured):
        hosted.account.feed.whoami()


@pytest.mark.parametrize("url", ["http://api.x.com", "ftp://127.0.0.1", "https://", "127.0.0.1:80", "https://a?b"])
def test_a_base_url_is_https_or_loopback(url: str) -> None:
    with pytest.raises(XAddressWrong):
        connect(XKeys(oauth2_token="t"), base_url=url)


def test_keys_are_complete_and_never_shown(hosted: Hosted) -> None:
    with pytest.raises(XKeysIncomplete):
        XKeys(consumer_key="only", access_token="half")
    keys = keys_of(hosted.credentials)
    for secret in (keys.consumer_secret, keys.access_token, keys.access_token_secret, keys.app_bearer_token):
        assert secret not in repr(keys)


def test_a_wrong_secret_is_told_to_the_operator_without_the_secret(x: XControl, hosted: Hosted) -> None:
    wrong = replace(keys_of(hosted.credentials), access_token_secret="not-the-secret")
    with pytest.raises(Misconfigured) as refused:
        connect(wrong, base_url=x.base_url).feed.whoami()
    assert "not-the-secret" not in str(refused.value)


def test_used_up_credits_are_told_to_the_operator(x: XControl, hosted: Hosted) -> None:
    x.add_fault("payment_required")
    with pytest.raises(XCreditsUsedUp, match="credits"):
        hosted.account.feed.whoami()


def test_nothing_secret_is_logged(x: XControl, hosted: Hosted, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        write(hosted)
        x.add_fault("html_503")
        with pytest.raises(Unavailable):
            read(hosted)
    keys = hosted.credentials
    for secret in (keys.access_token_secret, keys.consumer_secret, keys.access_token, POST_NOTHING.text):
        assert secret not in caplog.text
