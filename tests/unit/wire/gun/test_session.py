"""One connection as a state machine."""

from __future__ import annotations

import json

from maskbot.wire.gun import Answer, Dropped, Field, NotStored, Pushed, Session, Stored
from tests.fakes.inside import FakeEntropy

NODE = {"s": {"k": Field("v", 1.0)}}
NODE_TEXT = '{"s":{"_":{"#":"s",">":{"k":1}},"k":"v"}}'


def new_session() -> Session:
    return Session(entropy=FakeEntropy().take)


def ids_of(frames: list[str]) -> list[str]:
    messages = [json.loads(frame) for frame in frames]
    return [message["#"] for raw in messages for message in (raw if isinstance(raw, list) else [raw])]


def test_an_answer_finds_its_question() -> None:
    session = new_session()
    handle = session.ask("s", "k")
    (frame,) = session.take_frames()
    message = json.loads(frame)

    assert message["get"] == {"#": "s", ".": "k"}
    assert session.receive(f'{{"@":"{message["#"]}","put":{NODE_TEXT}}}') == [Answer(handle, NODE)]
    assert session.receive(f'{{"@":"{message["#"]}"}}') == [Answer(handle, {})]
    assert session.take_frames() == []


def test_a_put_is_stored_or_not() -> None:
    session = new_session()
    stored, failed = session.put(NODE), session.put(NODE)
    first, second = ids_of(session.take_frames())

    assert session.receive(f'{{"@":"{first}","ok":true}}') == [Stored(stored)]
    assert session.receive(f'{{"@":"{second}","err":"disk full"}}') == [NotStored(failed, "disk full")]
    assert session.receive(f'{{"@":"{second}","err":"disk full","ok":true}}') == [NotStored(failed, "disk full")]


def test_a_relay_without_a_disk_confirms_nothing() -> None:
    session = new_session()
    session.put(NODE)
    (message_id,) = ids_of(session.take_frames())
    assert session.receive(f'{{"@":"{message_id}"}}') == []


def test_the_relays_question_who_we_are_is_answered_once_per_connection() -> None:
    session = new_session()
    for _ in range(3):
        session.receive('{"#":"theirs","dam":"?","pid":"relay"}')
    (frame,) = session.take_frames()
    first = json.loads(frame)

    assert (first["dam"], first["@"]) == ("?", "theirs")
    assert first["pid"] != "relay"
    session.disconnected()
    session.receive('{"#":"again","dam":"?","pid":"relay"}')
    assert [json.loads(frame)["@"] for frame in session.take_frames()] == ["again"]


def test_after_a_reconnect_everything_under_way_is_sent_again_under_new_ids() -> None:
    session = new_session()
    question, put, ended = session.ask("a"), session.put(NODE), session.ask("b")
    before = ids_of(session.take_frames())
    session.forget(ended)
    session.disconnected()
    after = ids_of(session.take_frames())

    assert len(after) == 2
    assert not set(before) & set(after)
    assert session.receive(f'{{"@":"{before[0]}"}}') == []
    assert session.receive(f'[{{"@":"{after[0]}"}},{{"@":"{after[1]}","ok":true}}]') == [
        Answer(question, {}),
        Stored(put),
    ]


def test_answers_to_a_forgotten_question_are_dropped() -> None:
    session = new_session()
    session.forget(session.ask("s"))
    for message_id in ids_of(session.take_frames()):
        assert session.receive(f'{{"@":"{message_id}","put":{NODE_TEXT}}}') == []


def test_a_push_is_told_and_a_forwarded_question_is_left_alone() -> None:
    session = new_session()
    assert session.receive(f'{{"#":"x","put":{NODE_TEXT}}}') == [Pushed(NODE)]
    assert session.receive('{"#":"x","get":{"#":"s"}}') == []
    assert session.receive("[]") == []
    assert session.take_frames() == []


def test_junk_is_dropped_and_named() -> None:
    session = new_session()
    for text in ("{", '{"#":"x","put":{}}', '{"dam":"!","err":"Message too big!"}'):
        (event,) = session.receive(text)
        assert isinstance(event, Dropped)
        assert event.reason


def test_many_questions_share_frames() -> None:
    session = new_session()
    for number in range(1_000):
        session.ask(f"soul-{number:016}")
    frames = session.take_frames()

    assert len(frames) == 2
    assert len(ids_of(frames)) == 1_000
