"""What the Mastodon adapter says when the server or the way to it fails (social-platforms.md 5.2, 8, 9.2; R21, R22, R24)."""

from __future__ import annotations

import math
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from maskbot.adapters.mastodon import (
    Connection,
    MastodonPublisher,
    MastodonRefused,
    MastodonTokenRefused,
    MastodonUnavailable,
    MastodonUnconfirmed,
    NotAServer,
    register_app,
)
from maskbot.domain.account import FeedKind
from maskbot.domain.errors import MaskbotError
from maskbot.domain.post import Draft, Picture, Post, Visibility
from maskbot.ports.outside import PictureRefused
from maskbot.sandbox.fault_proxy import Fault, canned
from maskbot.sandbox.mastodon import MastodonServer
from tests.ports.mastodon_parts import ALICE, BOT, Platform, fresh_key, running
from tests.ports.test_mastodon_adapter import png

POSTING = {"methods": ["POST"], "path": "/api/v1/statuses"}
READING = {"methods": ["GET"], "path": "/api/v1/notifications"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MastodonServer]:
    with MastodonServer(tmp_path_factory.mktemp("mastodon"), accounts=[BOT, ALICE], heartbeat_s=0.4) as server:
        yield server


@pytest.fixture
def platform(server: MastodonServer) -> Iterator[Platform]:
    yield from running(server)


def reply_to_alice(platform: Platform) -> Draft:
    parent = platform.say(ALICE, "@maskbot help")
    return Draft(f"@alice this is the answer {fresh_key()}", Visibility.PUBLIC, in_reply_to_id=parent)


def replies_to(platform: Platform, draft: Draft) -> int:
    return sum(status["in_reply_to_id"] == draft.in_reply_to_id for status in platform.statuses(BOT))


def fetch_mentions(platform: Platform) -> None:
    platform.feed().fetch_page(kind=FeedKind.MENTIONS, target="", cursor=None)


@pytest.mark.parametrize(
    ("effect", "family"),
    [
        ({"type": "status", "status": 500}, MastodonUnavailable),
        ({"type": "status", "status": 502}, MastodonUnavailable),
        ({"type": "status", "status": 503, "body": "<html>busy</html>"}, MastodonUnavailable),
        ({"type": "status", "status": 504}, MastodonUnavailable),
        ({"type": "malformed"}, MastodonUnavailable),
        ({"type": "malformed", "truncate": False}, MastodonUnavailable),
        ({"type": "ratelimit"}, MastodonUnavailable),
        ({"type": "status", "status": 401}, MastodonTokenRefused),
        ({"type": "status", "status": 403}, MastodonRefused),
        ({"type": "status", "status": 404}, MastodonRefused),
        ({"type": "status", "status": 410}, MastodonRefused),
    ],
)
def test_a_failed_read_changes_nothing_and_says_so(
    platform: Platform, effect: dict[str, object], family: type[MaskbotError]
) -> None:
    platform.server.add_fault(effect, match=READING)
    with pytest.raises(family):
        fetch_mentions(platform)


@pytest.mark.parametrize(
    ("effect", "family"),
    [
        ({"type": "status", "status": 500}, MastodonUnconfirmed),
        ({"type": "status", "status": 503}, MastodonUnconfirmed),
        ({"type": "malformed"}, MastodonUnconfirmed),
        ({"type": "ratelimit"}, MastodonUnavailable),
        ({"type": "status", "status": 401}, MastodonTokenRefused),
        ({"type": "status", "status": 403}, MastodonRefused),
        ({"type": "status", "status": 404}, MastodonRefused),
        ({"type": "status", "status": 410}, MastodonRefused),
        ({"type": "status", "status": 422}, MastodonRefused),
    ],
)
def test_a_failed_post_is_unconfirmed_unless_the_server_said_no(
    platform: Platform, effect: dict[str, object], family: type[MaskbotError]
) -> None:
    draft = reply_to_alice(platform)
    publisher = platform.publisher()
    platform.server.add_fault(effect, match=POSTING)
    with pytest.raises(family):
        publisher.deliver(draft, idempotency_key=fresh_key())
    assert publisher.find(draft, since_ms=0) is None


def test_a_rate_limit_is_obeyed_until_the_reset_the_server_names(platform: Platform) -> None:
    platform.server.add_fault(
        {"type": "ratelimit", "headers": {"X-RateLimit-Reset": "2999-01-01T00:00:00.000Z"}}, match=READING
    )
    with pytest.raises(MastodonUnavailable) as caught:
        fetch_mentions(platform)
    assert caught.value.retry_after_s == 3600


def test_a_reset_that_is_no_time_means_the_whole_window(platform: Platform) -> None:
    platform.server.add_fault({"type": "ratelimit", "headers": {"X-RateLimit-Reset": "soon"}}, match=READING)
    with pytest.raises(MastodonUnavailable) as caught:
        fetch_mentions(platform)
    assert caught.value.retry_after_s == 300


def test_a_post_with_an_unreadable_rate_header_is_not_taken_for_a_refusal(platform: Platform) -> None:
    """The SDK raises its rate-limit error here although the post may be out."""
    draft = reply_to_alice(platform)
    platform.server.add_fault(
        {"type": "status", "status": 200, "headers": {"X-RateLimit-Reset": "soon"}}, match=POSTING
    )
    with pytest.raises(MastodonUnconfirmed):
        platform.publisher().deliver(draft, idempotency_key=fresh_key())


def test_a_lost_answer_is_unconfirmed_and_the_post_is_found(platform: Platform) -> None:
    draft = reply_to_alice(platform)
    publisher = platform.publisher()
    platform.proxy.add(Fault(method="POST", path="/api/v1/statuses", loses_answer=True))
    with pytest.raises(MastodonUnconfirmed):
        publisher.deliver(draft, idempotency_key=fresh_key())
    assert publisher.find(draft, since_ms=0) is not None
    assert replies_to(platform, draft) == 1


def test_repeating_with_the_key_after_a_lost_answer_makes_one_post(platform: Platform) -> None:
    draft, key = reply_to_alice(platform), fresh_key()
    publisher = platform.publisher()
    platform.proxy.add(Fault(method="POST", path="/api/v1/statuses", loses_answer=True))
    with pytest.raises(MastodonUnconfirmed):
        publisher.deliver(draft, idempotency_key=key)
    published = publisher.deliver(draft, idempotency_key=key)
    assert publisher.find(draft, since_ms=0) == published
    assert replies_to(platform, draft) == 1


def test_where_the_key_is_ignored_only_the_search_keeps_it_one_post(platform: Platform) -> None:
    draft, key = reply_to_alice(platform), fresh_key()
    publisher = platform.publisher()
    platform.proxy.add(
        Fault(method="POST", path="/api/v1/statuses", count=1, loses_answer=True, strips=["Idempotency-Key"])
    )
    with pytest.raises(MastodonUnconfirmed):
        publisher.deliver(draft, idempotency_key=key)
    assert publisher.find(draft, since_ms=0) is not None
    platform.proxy.add(Fault(method="POST", path="/api/v1/statuses", strips=["Idempotency-Key"]))
    publisher.deliver(draft, idempotency_key=key)  # what would happen without looking first
    assert replies_to(platform, draft) == 2


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="POST", path="/api/v1/statuses", cuts_after=40),
        Fault(method="POST", path="/api/v1/statuses", cuts_after=600),
        Fault(method="POST", path="/api/v1/statuses", hangs=True),
        Fault(method="POST", path="/api/v1/statuses", refuses=True),
    ],
    ids=["cut in the head", "cut in the body", "silence", "connection ends"],
)
def test_whatever_happens_behind_the_sent_request_is_unconfirmed(platform: Platform, fault: Fault) -> None:
    draft = reply_to_alice(platform)
    platform.proxy.add(fault)
    with pytest.raises(MastodonUnconfirmed):
        platform.publisher(timeout_s=0.5).deliver(draft, idempotency_key=fresh_key())


def test_a_server_that_is_down_has_seen_nothing() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        base_url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        publisher = MastodonPublisher(Connection(base_url, "token"))
        with pytest.raises(MastodonUnavailable):
            publisher.deliver(Draft("hello", Visibility.PUBLIC), idempotency_key=fresh_key())
        with pytest.raises(MastodonUnavailable):
            register_app(base_url)


def test_a_server_with_an_untrusted_certificate_has_seen_nothing_and_a_private_ca_makes_it_trusted(
    tmp_path: Path,
) -> None:
    certificate = self_signed(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    with tls.wrap_socket(listening.accept()[0], server_side=True) as client:
                        while b"hello" not in client.recv(65536):
                            pass  # a connection that is closed on unread bytes loses its answer
                        client.sendall(canned(b'{"id":"5","url":"https://127.0.0.1/5"}'))
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        base_url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        draft = Draft("hello", Visibility.PUBLIC)
        with pytest.raises(MastodonUnavailable):
            MastodonPublisher(Connection(base_url, "token")).deliver(draft, idempotency_key=fresh_key())
        trusting = Connection(base_url, "token", ca_bundle=str(certificate))
        assert MastodonPublisher(trusting).deliver(draft, idempotency_key=fresh_key()).post_id == "5"
        listening.shutdown(socket.SHUT_RDWR)


def self_signed(folder: Path) -> Path:
    """A certificate for 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=365 * 80))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    path = folder / "server.pem"
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + certificate.public_bytes(pem))
    return path


def test_a_lost_answer_to_an_upload_or_a_deletion_may_simply_be_repeated(platform: Platform) -> None:
    publisher = platform.publisher()
    draft = Draft("a card", Visibility.PUBLIC, pictures=(Picture(png(), "a card"),))
    platform.proxy.add(Fault(method="POST", path="/api/v2/media", loses_answer=True))
    with pytest.raises(MastodonUnavailable):
        publisher.deliver(draft, idempotency_key=fresh_key())
    published = publisher.deliver(draft, idempotency_key=fresh_key())
    platform.proxy.add(Fault(method="DELETE", loses_answer=True))
    with pytest.raises(MastodonUnavailable):
        publisher.delete(published.post_id)
    publisher.delete(published.post_id)


@pytest.mark.parametrize(
    ("status", "kind"), [(301, "MastodonAddressWrong"), (302, "MastodonUnavailable"), (307, "MastodonUnavailable")]
)
def test_a_redirect_is_not_followed_and_breaks_the_account_only_if_it_is_for_good(
    platform: Platform, status: int, kind: str
) -> None:
    fault = {"type": "status", "status": status, "headers": {"Location": "http://169.254.169.254/"}}
    platform.server.add_fault(fault, match=READING)
    with pytest.raises(MaskbotError) as caught:
        fetch_mentions(platform)
    assert caught.value.kind == kind


@pytest.mark.parametrize(
    "body", ["[" * 3000, '{"id":', '"text"', "[1,2]", "{}", '{"id":{},"acct":7}', '{"error":{"a":1}}']
)
def test_hostile_json_is_a_named_error(platform: Platform, body: str) -> None:
    platform.proxy.add(Fault(count=None, answers=canned(body.encode())))
    with pytest.raises(MaskbotError):
        fetch_mentions(platform)
    with pytest.raises(MastodonUnconfirmed):
        platform.publisher().deliver(Draft("hello", Visibility.PUBLIC), idempotency_key=fresh_key())


def test_an_unreadable_post_is_skipped_and_those_above_it_are_read(platform: Platform) -> None:
    platform.say(ALICE, "@maskbot one that can be read")
    feed = platform.feed()
    feed.whoami()
    platform.proxy.add(
        Fault(path="/api/v1/notifications", answers=canned(b'[{"id":"9","type":"mention","status":{"id":"1"}}]'))
    )
    page = feed.fetch_page(kind=FeedKind.MENTIONS, target="", cursor="8")
    assert page.posts
    assert page.cursor not in (None, "9")


def test_an_endless_answer_is_given_up(platform: Platform) -> None:
    platform.proxy.add(Fault(count=None, answers=canned(b"[" + b" " * (5 * 1024 * 1024))))
    with pytest.raises(MastodonUnavailable):
        platform.feed().whoami()
    with pytest.raises((NotAServer, MastodonUnavailable)):
        register_app(platform.proxy.base_url)


def stream_until_first(
    platform: Platform, *, then: Callable[[], None], stop: threading.Event | None = None, watchdog_s: float = 30.0
) -> MaskbotError | None:
    """Stream until a first mention has come, do `then`, and wait for the end; what ended the stream."""
    has_arrived, ended_with = threading.Event(), list[MaskbotError]()
    stop = stop or threading.Event()

    def on_post(post: Post, kind: FeedKind) -> None:
        has_arrived.set()
        raise ValueError("a receiver's mistake does not end the stream")

    def stream() -> None:
        try:
            platform.feed(watchdog_s=watchdog_s).stream(on_post=on_post, on_deleted=lambda _: None, stop=stop)
        except MaskbotError as error:
            ended_with.append(error)

    streaming = threading.Thread(target=stream, daemon=True)
    streaming.start()
    for _ in range(100):
        platform.say(ALICE, "@maskbot are you there")
        if has_arrived.wait(0.1):
            break
    then()
    streaming.join(20)
    assert not streaming.is_alive()
    return ended_with[0] if ended_with else None


def test_a_stream_that_is_cut_is_reported(platform: Platform) -> None:
    ended_with = stream_until_first(platform, then=platform.proxy.cut)
    assert isinstance(ended_with, MastodonUnavailable)
    assert ended_with.retry_after_s is None


@pytest.mark.parametrize("transport", ["web_socket", "server_sent"])
def test_a_half_open_stream_is_found_out_by_the_watchdog(platform: Platform, transport: str) -> None:
    if transport == "server_sent":
        platform.proxy.add(Fault(path="/api/v1/streaming", count=None, answers=canned(b"{}", status="404 Not Found")))
    ended_with = stream_until_first(platform, then=platform.proxy.half_open, watchdog_s=1.5)
    assert isinstance(ended_with, MastodonUnavailable)


def test_a_server_without_streams_is_not_asked_again(platform: Platform) -> None:
    platform.proxy.add(Fault(path="/api/v1/streaming.*", count=None, answers=canned(b"{}", status="404 Not Found")))
    with pytest.raises(MastodonUnavailable) as caught:
        platform.feed().stream(on_post=lambda *_: None, on_deleted=lambda _: None, stop=threading.Event())
    assert caught.value.retry_after_s == math.inf


REFUSED = canned(b"{}", status="401 Unauthorized")


def test_a_stream_with_a_wrong_token_is_the_operator_s_matter(platform: Platform) -> None:
    feed = platform.feed()
    feed.whoami()
    platform.proxy.add(Fault(count=None, answers=REFUSED))
    with pytest.raises(MastodonTokenRefused):
        feed.stream(on_post=lambda *_: None, on_deleted=lambda _: None, stop=threading.Event())


def test_a_stream_that_alone_refuses_the_token_leaves_the_account_to_polling(platform: Platform) -> None:
    platform.proxy.add(Fault(path="/api/v1/streaming.*", count=None, answers=REFUSED))
    with pytest.raises(MastodonUnavailable) as caught:
        platform.feed().stream(on_post=lambda *_: None, on_deleted=lambda _: None, stop=threading.Event())
    assert caught.value.retry_after_s == math.inf


def test_a_stream_that_cannot_open_now_is_tried_again_later(platform: Platform) -> None:
    platform.proxy.add(
        Fault(path="/api/v1/streaming.*", count=None, answers=canned(b"", status="503 Service Unavailable"))
    )
    with pytest.raises(MastodonUnavailable) as caught:
        platform.feed().stream(on_post=lambda *_: None, on_deleted=lambda _: None, stop=threading.Event())
    assert caught.value.retry_after_s is None


def test_the_streaming_token_stays_on_our_host_whatever_the_instance_names(platform: Platform) -> None:
    named = b'{"configuration":{"urls":{"streaming":"wss://evil.example"}}}'
    feed = platform.feed()
    feed.whoami()
    platform.proxy.add(Fault(path="/api/v2/instance", answers=canned(named)))
    platform.proxy.add(Fault(path="/api/v1/streaming.*", count=None, answers=canned(b"{}", status="404 Not Found")))
    with pytest.raises(MastodonUnavailable):
        feed.stream(on_post=lambda *_: None, on_deleted=lambda _: None, stop=threading.Event())
    assert ("GET", "/api/v1/streaming") in platform.proxy.requests


def test_a_picture_in_work_is_waited_for_and_then_attached(platform: Platform) -> None:
    """Mastodon answers 202 without an address, then 206 until the picture is ready."""
    in_work = canned(b'{"id":"77","type":"image","url":null}', status="202 Accepted")
    still = canned(b'{"id":"77","type":"image","url":null}', status="206 Partial Content")
    ready = canned(b'{"id":"77","type":"image","url":"http://127.0.0.1/77.png"}')
    platform.proxy.add(Fault(method="POST", path="/api/v2/media", answers=in_work))
    platform.proxy.add(Fault(method="GET", path="/api/v1/media/77", count=2, answers=still))
    platform.proxy.add(Fault(method="GET", path="/api/v1/media/77", answers=ready))
    platform.proxy.add(
        Fault(method="POST", path="/api/v1/statuses", answers=canned(b'{"id":"78","url":"http://127.0.0.1/78"}'))
    )
    draft = Draft("a card", Visibility.PUBLIC, pictures=(Picture(png(), "a card"),))
    assert platform.publisher().deliver(draft, idempotency_key=fresh_key()).post_id == "78"


@pytest.mark.parametrize("status", ["413 Payload Too Large", "422 Unprocessable Entity"])
def test_a_picture_that_the_server_does_not_take_is_told_apart_and_nothing_is_posted(
    platform: Platform, status: str
) -> None:
    platform.proxy.add(Fault(method="POST", path="/api/v2/media", answers=canned(b'{"error":"no"}', status=status)))
    draft = Draft("a card", Visibility.PUBLIC, pictures=(Picture(png(), "a card"),))
    with pytest.raises(PictureRefused):
        platform.publisher().deliver(draft, idempotency_key=fresh_key())
    assert ("POST", "/api/v1/statuses") not in platform.proxy.requests


def test_a_post_refused_for_a_picture_in_work_is_tried_once_more(platform: Platform) -> None:
    platform.server.add_fault({"type": "status", "status": 422}, match=POSTING)
    draft = Draft("a card", Visibility.PUBLIC, pictures=(Picture(png(), "a card"),))
    assert platform.publisher().deliver(draft, idempotency_key=fresh_key()).post_id
    platform.server.add_fault({"type": "status", "status": 422}, match=POSTING, count=2)
    with pytest.raises(MastodonRefused):
        platform.publisher().deliver(draft, idempotency_key=fresh_key())
