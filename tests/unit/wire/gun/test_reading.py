"""Reading a path: links, sets, pieces, pushes, and bounds against a relay that lies."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.wire.gun import Field, Graph, Link, Pushed, Reading, Session, plain_node
from tests.fakes.inside import FakeEntropy
from tests.unit.wire.gun.relay import ScriptedRelay

V38 = ("twitter-bl", "T3")


def item_graph(soul: str, *, in_set: str, **data: str) -> Graph:
    return {in_set: {soul: Field(Link(soul), 1)}, soul: {key: Field(value, 1) for key, value in data.items()}}


def new_session() -> Session:
    return Session(entropy=FakeEntropy().take)


def run(reading: Reading, relay: ScriptedRelay, *, until: Callable[[], bool] | None = None) -> None:
    """Let both talk until the reading is done."""
    session, now_ms = new_session(), 0.0
    reading.start(session, now_ms=now_ms)
    for _ in range(100):
        for frame in relay.hear(session):
            for event in session.receive(frame):
                reading.on_event(session, event, now_ms=now_ms)
        now_ms += 50
        reading.on_time(session, now_ms=now_ms)
        if reading.is_done or (until is not None and until()):
            return
    raise AssertionError("the reading did not end")


def read_set(path: tuple[str, ...], relay: ScriptedRelay, **options: int) -> list[dict[str, object]]:
    reading = Reading(path, has_members=True, is_live=False, **options)
    run(reading, relay)
    return [dict(plain_node(node)) for node in reading.items.values()]


def test_a_set_is_read_through_the_link_of_its_path() -> None:
    relay = ScriptedRelay()
    relay.graph.merge({"twitter-bl": {"T3": Field(Link("elsewhere"), 1)}}, clock_ms=9)
    relay.graph.merge(item_graph("one", in_set="elsewhere", salt="a"), clock_ms=9)
    assert read_set(V38, relay) == [{"salt": "a"}]


def test_a_set_is_read_at_its_default_soul_without_any_link() -> None:
    relay = ScriptedRelay()
    relay.graph.merge(item_graph("one", in_set="twitter-bl/T3", salt="a"), clock_ms=9)
    assert read_set(V38, relay) == [{"salt": "a"}]


def test_a_set_of_one_level_needs_no_link() -> None:
    relay = ScriptedRelay()
    for number in range(30):
        relay.graph.merge(item_graph(f"s{number}", in_set="37-tw-bl-VG", e=f"{number}"), clock_ms=9)
    assert sorted(item["e"] for item in read_set(("37-tw-bl-VG",), relay)) == sorted(map(str, range(30)))  # type: ignore[type-var]  # texts


def test_a_deep_node_is_read_link_by_link() -> None:
    relay = ScriptedRelay()
    path = ("maskbook", "posts", "iv", "alice")
    relay.graph.merge({"maskbook": {"posts": Field(Link("p"), 1)}, "p": {"iv": Field(Link("q"), 1)}}, clock_ms=9)
    relay.graph.merge({"q": {"alice": Field(Link("r"), 1)}, "r": {"salt": Field("x", 1)}}, clock_ms=9)
    reading = Reading(path, has_members=False, is_live=False)
    run(reading, relay)
    assert reading.end_node() == {"salt": Field("x", 1)}


def test_nothing_found_is_an_answer_too() -> None:
    reading = Reading(V38, has_members=True, is_live=False)
    run(reading, ScriptedRelay())
    assert reading.items == {}
    assert reading.has_answer


def test_a_silent_relay_never_ends_a_reading() -> None:
    reading = Reading(V38, has_members=True, is_live=False)
    reading.start(new_session(), now_ms=0)
    assert reading.wakes_at_ms() is None
    assert not reading.has_answer


def test_a_frame_that_comes_late_puts_the_end_off() -> None:
    relay, session = ScriptedRelay(), new_session()
    relay.graph.merge(item_graph("one", in_set="s", e="1"), clock_ms=9)
    reading = Reading(("s",), has_members=True, is_live=False)
    reading.start(session, now_ms=0)
    for now_ms in (10, 100):
        for frame in relay.hear(session):
            for event in session.receive(frame):
                reading.on_event(session, event, now_ms=now_ms)
    assert reading.wakes_at_ms() == 100 + 150
    reading.on_time(session, now_ms=249)
    assert not reading.is_done
    reading.on_time(session, now_ms=250)
    assert reading.is_done


def test_a_live_reading_takes_pushes_and_fetches_the_new_item() -> None:
    relay, session = ScriptedRelay(), new_session()
    reading = Reading(("s",), has_members=True, is_live=True)
    reading.start(session, now_ms=0)
    relay.hear(session)
    relay.graph.merge(item_graph("new", in_set="s", e="1"), clock_ms=9)
    reading.on_event(session, Pushed({"s": {"new": Field(Link("new"), 1)}}), now_ms=1)
    for frame in relay.hear(session):
        for event in session.receive(frame):
            reading.on_event(session, event, now_ms=2)

    assert {soul: plain_node(node) for soul, node in reading.take_news().items()} == {"new": {"e": "1"}}
    assert reading.take_news() == {}
    assert reading.wakes_at_ms() is None


def test_no_more_items_are_asked_for_than_allowed() -> None:
    relay = ScriptedRelay()
    for number in range(50):
        relay.graph.merge(item_graph(f"s{number}", in_set="s", e="x"), clock_ms=9)
    assert len(read_set(("s",), relay, max_items=20)) == 20
    assert len(relay.asked) == 21


def test_an_item_that_is_too_long_is_left_out() -> None:
    relay = ScriptedRelay()
    relay.graph.merge({"s": {"big": Field(Link("big"), 1)}}, clock_ms=9)
    relay.graph.merge({"big": {str(n): Field("x" * 2_000, 1) for n in range(5)}}, clock_ms=9)
    relay.graph.merge(item_graph("fine", in_set="s", e="1"), clock_ms=9)
    assert read_set(("s",), relay) == [{"e": "1"}]


def test_what_was_not_asked_for_is_ignored() -> None:
    session = new_session()
    reading = Reading(("s",), has_members=True, is_live=True)
    reading.start(session, now_ms=0)
    session.take_frames()
    reading.on_event(session, Pushed({"other": {"x": Field(Link("x"), 1)}, "x": {"e": Field("1", 1)}}), now_ms=1)
    assert session.take_frames() == []
    assert reading.items == {}


def test_links_in_circles_end() -> None:
    relay = ScriptedRelay()
    relay.graph.merge({"a": {"a": Field(Link("a"), 1)}}, clock_ms=9)
    assert read_set(("a", "a", "a", "a"), relay) == [{"a": Link("a")}]


def test_all_items_of_a_reading_together_stay_within_four_megabytes() -> None:
    relay = ScriptedRelay()
    for number in range(1_000):
        relay.graph.merge(item_graph(f"s{number}", in_set="s", e="x" * 8_000), clock_ms=9)
    items = read_set(("s",), relay)

    assert 400 < len(items) < 600
    assert sum(len(str(item["e"])) for item in items) <= 4 << 20


def test_an_item_that_comes_in_pieces_is_joined_and_the_newer_field_stays() -> None:
    session = new_session()
    reading = Reading(("s",), has_members=True, is_live=True)
    reading.start(session, now_ms=0)
    reading.on_event(session, Pushed({"s": {"i": Field(Link("i"), 1)}}), now_ms=1)
    for graph in ({"i": {"e": Field("new", 2)}}, {"i": {"e": Field("old", 1), "c": Field(2, 1)}}):
        reading.on_event(session, Pushed(graph), now_ms=2)
    assert plain_node(reading.items["i"]) == {"e": "new", "c": 2}
