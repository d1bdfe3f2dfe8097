"""`packet <link>` tells what the chain says; keys and strangers' words are never told (applets.md 1.3, red-packets.md 8)."""

from __future__ import annotations

from typing import Any

import pytest

from maskbot.applets.help import WORDS
from maskbot.applets.packet import PacketApplet
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.money import NATIVE, Address
from maskbot.domain.packet_fact import PacketFact, PacketNeed
from maskbot.domain.post import ParentNeed, Post, Quoted, Visibility
from maskbot.domain.red_packet import PacketState
from maskbot.domain.request import Fact, Need, NoFact
from maskbot.flows.decide.answer_mentions.reading import request_of
from maskbot.wire.crypto import public_key_of
from maskbot.wire.payload import Author, Curve, CurveKey, TextMessage, audience_of, draw_secrets, encode_carrier, seal
from maskbot.wire.red_packet.metadata import KEY

PACKET_KEY = "0x" + "17" * 32
TOKEN = Address(b"\x77" * 20)
POINT = public_key_of(b"\5" * 32)
FACT = PacketFact(
    state=PacketState.OPEN,
    shares=3,
    left=2,
    rest=2 * 10**18,
    token=NATIVE,
    chain_name="Polygon",
    coin="POL",
    total=3 * 10**18,
    expires_at_s=1_800_000_000,
    is_random=True,
)
SPITEFUL = "@everybody see https://evil.example and send 0x" + "66" * 20


def link(*, meta: object = None, audience: Any = None, **changes: object) -> str:
    """The link of a post with a packet."""
    entry = {
        "contract_version": 4,
        "contract_address": "0x" + "ee" * 20,
        "rpid": "0x" + "07" * 32,
        "password": PACKET_KEY,
        "shares": 3,
        "sender": {"address": "0x" + "aa" * 20, "name": SPITEFUL, "message": SPITEFUL},
        "is_random": False,
        "total": "3",
        "creation_time": 1_700_000_000_000,
        "duration": 3600,
        "chainId": 137,
    }
    said = {KEY: entry | changes} if meta is None else meta
    drawn = draw_secrets(lambda size: bytes(range(size)), recipients=0)
    sealed = seal(
        TextMessage("gm", meta=said),  # type: ignore[arg-type]  # whatever the test says
        version=-38 if audience is None else -37,
        author=Author("person:twitter.com/bob", key=CurveKey(Curve.K256, POINT)),
        audience=audience,
        secrets=drawn,
    )
    return encode_carrier(sealed.payload, network="twitter.com")


def ask(text: str, *facts: Fact, quoted: str | None = None, parent: str | None = None) -> tuple[tuple[Need, ...], str]:
    """What the applet asks for, and what it says then."""
    post = Post(
        platform=Platform.X,
        post_id="1",
        root_id="1",
        author=Profile(Platform.X, "x.com", "2", "bob"),
        text=text,
        links=(),
        visibility=Visibility.PUBLIC,
        spoiler_text="",
        created_at_ms=0,
        quoted=None if quoted is None else Quoted(quoted, ()),
        in_reply_to_id=parent,
    )
    request = request_of(post, bot_handle="maskbot")
    needs = PacketApplet().needs(request)
    answer = PacketApplet().decide(request, dict(zip(needs, facts, strict=False)))
    assert answer.words is not None
    assert PACKET_KEY[2:] not in answer.words
    assert "evil" not in answer.words
    assert "@" not in answer.words
    return needs, answer.words


def test_a_packet_is_told_from_the_chain_and_the_need_names_no_key() -> None:
    needs, words = ask(f"packet {link()}", FACT)
    assert needs == (PacketNeed(137, needs[0].version, b"\7" * 32, None, 1_700_000_000),)  # type: ignore[union-attr]
    assert words == (
        "Red packet 0x07070707… on Polygon (v4): open · 2 of 3 shares left · 2 POL of 3 POL left · random shares · "
        "until 15 Jan 08:00 UTC"
    )


def test_a_quoted_post_is_told_of_too() -> None:
    assert "open" in ask("packet", FACT, quoted=f"lucky drop {link()}")[1]


def test_an_answered_post_is_asked_for_where_there_is_no_nearer_one() -> None:
    needs, words = ask("packet", parent="77")
    assert needs == (ParentNeed("77"),)
    assert "Which packet?" in words
    assert isinstance(ask(f"packet {link()}", FACT, parent="77")[0][0], PacketNeed)
    assert isinstance(ask("packet", FACT, quoted=f"lucky drop {link()}", parent="77")[0][0], PacketNeed)
    assert ask("packet", quoted="nothing", parent="77")[0] == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("packet", "Which packet?"),
        ("packet https://mask.io/?PostData_v2=AAAA", "Which packet?"),
        (f"packet {link(meta={})}", "no red packet"),
        (f"packet {link(total='1e999999')}", "no red packet"),
        (f"packet {link(chainId=None)}", "on which chain"),
        (f"packet {link(audience=audience_of([POINT]))}", "encrypted"),
    ],
)
def test_what_is_no_public_packet_is_said_politely(text: str, words: str) -> None:
    needs, said = ask(text)
    assert needs == ()
    assert words in said


def test_old_versions_and_keys_on_servers_come_with_a_warning() -> None:
    assert "can use its password" in ask(f"packet {link(contract_version=3, password='word')}", FACT)[1]
    assert "anybody can empty" in ask(f"packet {link(contract_version=1, password='word')}", FACT)[1]
    assert "held by a server" in ask(f"packet {link(password='')}", FACT)[1]


def test_a_token_that_names_itself_with_spite_is_shown_by_its_address() -> None:
    spiteful = PacketFact(PacketState.OPEN, 3, 2, 9, TOKEN, "Polygon", "POL", symbol="@evil.example", decimals=1)
    words = ask(f"packet {link()}", spiteful)[1]
    assert "0.9 0x7777…7777 left" in words
    plain = PacketFact(PacketState.OPEN, 3, 2, 9, TOKEN, "Polygon", "POL", symbol="USDX", decimals=1)
    assert "0.9 USDX left" in ask(f"packet {link()}", plain)[1]
    nameless = PacketFact(PacketState.OPEN, 3, 2, 9, TOKEN, "Polygon", "POL")
    assert "9 base units of 0x7777…7777" in ask(f"packet {link()}", nameless)[1]


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (NoFact("unavailable"), "cannot look at chain 137"),
        (NoFact("refused"), "no red packet contract of this version"),
    ],
)
def test_a_chain_that_says_nothing_is_named(fact: Fact, words: str) -> None:
    assert words in ask(f"packet {link()}", fact)[1]


@pytest.mark.parametrize("state", list(PacketState))
def test_every_state_has_words(state: PacketState) -> None:
    fact = PacketFact(state, 3, 0, 0, NATIVE, "Polygon", "POL")
    assert ask(f"packet {link()}", fact)[1].startswith("Red packet 0x07070707… on Polygon (v4): ")


def test_help_names_packets_and_still_fits() -> None:
    assert "packet" in WORDS
    assert len(WORDS) <= 280
