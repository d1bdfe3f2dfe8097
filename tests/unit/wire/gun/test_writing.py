"""Writing items: into existing sets, with the links that are missing, and seen to be held."""

from __future__ import annotations

from maskbot.domain.broadcast import KeyItem
from maskbot.wire.gun import Field, Link, Session, Writing, graph_of_items
from tests.fakes.inside import FakeEntropy
from tests.unit.wire.gun.relay import ScriptedRelay


def item(soul: str, *path: str) -> KeyItem:
    return KeyItem(path=path, soul=soul, data={"e": f"key of {soul}"}, state_ms=5.0)


def run(writing: Writing, relay: ScriptedRelay, *, until_ms: int = 20_000) -> float:
    """Let both talk until the writing is done; the time it took, in ms."""
    session = Session(entropy=FakeEntropy().take)
    writing.start(session, now_ms=0)
    for now_ms in range(0, until_ms, 50):
        for frame in relay.hear(session):
            for event in session.receive(frame):
                writing.on_event(session, event, now_ms=now_ms)
        if writing.is_done:
            return now_ms
        writing.on_time(session, now_ms=now_ms)
    return until_ms


def test_a_first_item_is_written_with_its_link_and_set() -> None:
    relay = ScriptedRelay()
    assert run(Writing([item("one", "twitter-bl", "T3")]), relay) < 1_000
    assert relay.graph.node("twitter-bl") == {"T3": Field(Link("twitter-bl/T3"), 5.0)}
    assert relay.graph.node("twitter-bl/T3") == {"one": Field(Link("one"), 5.0)}
    assert relay.graph.node("one") == {"e": Field("key of one", 5.0)}


def test_an_existing_link_is_followed_and_not_replaced() -> None:
    relay = ScriptedRelay()
    relay.graph.merge({"twitter-bl": {"T3": Field(Link("old"), 1)}}, clock_ms=9)
    run(Writing([item("one", "twitter-bl", "T3")]), relay)

    assert relay.graph.node("twitter-bl") == {"T3": Field(Link("old"), 1)}
    assert relay.graph.node("old") == {"one": Field(Link("one"), 5.0)}
    assert relay.graph.node("twitter-bl/T3") is None


def test_many_sets_under_one_root_are_found_with_one_question() -> None:
    relay = ScriptedRelay()
    assert run(Writing([item(f"s{n}", "twitter-bl", f"K{n}") for n in range(50)]), relay) < 1_000
    assert relay.asked == [("twitter-bl", None)]


def test_a_set_of_one_level_is_put_without_a_question() -> None:
    relay = ScriptedRelay()
    assert run(Writing([item("one", "37-tw-bl-VG")]), relay) == 0
    assert relay.asked == []


def test_two_thousand_items_travel_in_frames_the_relay_can_parse_and_are_all_held() -> None:
    relay = ScriptedRelay()
    writing = Writing([item(f"soul{n:016}", "twitter-bl", f"{n % 97}") for n in range(2_000)])
    assert run(writing, relay) < 1_000
    assert relay.puts > 5
    assert all(relay.graph.node(f"soul{n:016}") for n in range(2_000))


def test_a_put_without_acknowledgement_is_confirmed_by_reading_back() -> None:
    relay = ScriptedRelay()
    relay.acks = False
    assert run(Writing([item("one", "37-tw-bl-VG")]), relay) < 3_000
    assert relay.puts == 1
    assert set(relay.asked) == {("37-tw-bl-VG", "one"), ("one", "e")}


def test_writing_again_changes_nothing_and_ends() -> None:
    relay = ScriptedRelay()
    items = [item("one", "twitter-bl", "T3"), item("two", "twitter-bl", "T3")]
    run(Writing(items), relay)
    before = [relay.graph.node(soul) for soul in ("twitter-bl", "twitter-bl/T3", "one", "two")]
    assert run(Writing(items), relay) < 3_000
    assert [relay.graph.node(soul) for soul in ("twitter-bl", "twitter-bl/T3", "one", "two")] == before


def test_what_the_relay_lost_is_put_again() -> None:
    relay = ScriptedRelay()
    relay.stores = False
    writing = Writing([item("one", "37-tw-bl-VG")])
    session = Session(entropy=FakeEntropy().take)
    writing.start(session, now_ms=0)
    for now_ms in range(0, 10_000, 50):
        relay.stores = now_ms > 2_000
        for frame in relay.hear(session):
            for event in session.receive(frame):
                writing.on_event(session, event, now_ms=now_ms)
        writing.on_time(session, now_ms=now_ms)

    assert writing.is_done
    assert relay.puts == 2


def test_a_relay_that_holds_nothing_never_confirms() -> None:
    relay = ScriptedRelay()
    relay.stores = False
    writing = Writing([item("one", "37-tw-bl-VG")])
    assert run(writing, relay, until_ms=8_000) == 8_000
    assert writing.has_put
    assert not writing.is_done


def test_a_newer_value_on_the_relay_counts_as_held() -> None:
    relay = ScriptedRelay()
    relay.graph.merge({"one": {"e": Field("newer", 9.0)}}, clock_ms=10)
    relay.acks = False
    assert run(Writing([item("one", "37-tw-bl-VG")]), relay) < 3_000


def test_one_graph_holds_item_set_and_link() -> None:
    graph = graph_of_items([item("one", "a", "b", "c")], links={("a", "b"): "x"})
    assert graph == {
        "x": {"c": Field(Link("x/c"), 5.0)},
        "x/c": {"one": Field(Link("one"), 5.0)},
        "one": {"e": Field("key of one", 5.0)},
    }
