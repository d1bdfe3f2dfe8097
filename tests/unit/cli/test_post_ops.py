"""`post.parse` and `cashtags.parse` over the driver's own door (conformance.md, section 3)."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from maskbot.cli.conformance import answer

VECTORS = Path(__file__).parents[2] / "vectors"
SOCIAL = json.loads((VECTORS / "social.json").read_text())
CASES = {case["id"]: case for case in SOCIAL["cases"]}
Case = dict[str, Any]  # JSON of the vectors


def ask(op: str, **request: object) -> Any:  # any JSON
    return answer(json.dumps({"op": op, **request}).encode())


def decide(case: Case) -> Case:
    got = ask("post.parse", **{name: case[name] for name in ("platform", "bot", "state", "input")})
    assert got["ok"], got
    return dict(got["result"])


def check(result: Case, expected: Case, *, why: str) -> None:
    for name in (
        "action",
        "command",
        "payload",
        "link",
        "error",
        "reason",
        "reply_visibility",
        "reply_spoiler_text",
        "retry",
    ):
        if name in expected:
            assert result.get(name) == expected[name], (name, why)
    if "reply_max_cashtags" in expected:
        assert result["reply_max_cashtags"] <= expected["reply_max_cashtags"]
    if "args" in expected:
        assert [arg.lower() for arg in result["args"]] == expected["args"], why
    if "must_not_contain" in expected:
        assert expected["must_not_contain"] not in json.dumps(result), why
    if "of" in expected:
        check(result["of"], expected["of"], why=why)
    if expected.get("idempotency_key_must_be_equal"):
        assert len(result["idempotency_keys"]) >= 1
        assert len(set(result["idempotency_keys"])) == 1


def test_the_vectors_have_the_format_this_reader_knows() -> None:
    assert SOCIAL["format"] == "social-fixtures/1"


@pytest.mark.parametrize("name", CASES)
def test_social_vector(name: str) -> None:
    check(decide(CASES[name]), CASES[name]["expect"], why=CASES[name]["why"])


@pytest.mark.parametrize("case", json.loads((VECTORS / "cashtags.json").read_text()), ids=lambda case: case["note"])
def test_cashtag_vector(case: Case) -> None:
    assert ask("cashtags.parse", text=case["text"]) == {"ok": True, "requests": case["expected"]}


def changed(name: str, **changes: object) -> Case:
    """A case whose status is changed."""
    case: Case = copy.deepcopy(CASES[name])
    case["input"]["body"]["status"].update(changes)
    return case


def sequence(*steps: Case) -> Case:
    case: Case = copy.deepcopy(CASES["m-duplicate-reconnect"])
    case["input"]["body"] = [case["input"]["body"][0], *steps]
    return case


def again() -> Case:
    return dict(CASES["m-duplicate-reconnect"]["input"]["body"][1])


def test_our_own_echo_is_ignored() -> None:
    case = changed("m-direct")
    case["input"]["body"]["status"]["account"]["id"] = case["bot"]["id"]
    assert decide(case)["reason"] == "own_post"


def test_a_namesake_is_not_mentioned() -> None:
    namesake = {"id": "5", "username": "maskbot", "acct": "maskbot@b.example", "url": "https://b.example/@maskbot"}
    assert decide(changed("m-direct", mentions=[namesake])) == {"action": "ignore", "reason": "not_mentioned"}


@pytest.mark.parametrize("name", ["m-direct", "x-codepoints"])
def test_an_edit_of_an_answered_post_is_not_answered_again(name: str) -> None:
    case = copy.deepcopy(CASES[name])
    if name == "m-direct":
        status = case["input"]["body"]["status"]
        case["input"] = {"kind": "stream_event", "body": {"event": "status.update", "payload": status}}
        case["state"] = {"answered": [status["id"]]}
    else:
        case["input"]["body"]["data"][0]["edit_history_tweet_ids"] = ["1990000000000000001", "1990000000000000102"]
        case["state"] = {"answered": ["1990000000000000001"]}
    assert decide(case)["reason"] == "already_answered_version"


@pytest.mark.parametrize(
    "cut",
    [
        "decrypt 🎼4/4|cydR4ybLQ4PvXFoE5wrsqW…",
        '<a href="https://mask.io/?PostData_v1=%204/4.cydR4ybL">x</a>',
        "decrypt https://mask.io/?PostData_v2=!",
    ],
)
def test_a_cut_payload_is_told_as_such(cut: str) -> None:
    mention = '<a href="https://social.example/@maskbot" class="u-url mention">@maskbot</a> '
    assert decide(changed("m-direct", content=mention + cut))["error"] == "truncated_payload"


def test_a_stream_payload_may_be_a_json_string() -> None:
    case = copy.deepcopy(CASES["m-direct"])
    body = {"event": "notification", "payload": json.dumps(case["input"]["body"])}
    case["input"] = {"kind": "stream_event", "body": body}
    assert decide(case)["command"] == "price"


@pytest.mark.parametrize(
    ("status", "retry"),
    [(404, False), (410, False), (403, False), (422, False), (429, True), (503, True), (None, True)],
)
def test_a_reply_the_server_did_not_take_is_not_posted(status: int | None, retry: bool) -> None:
    result = decide(sequence({"via": "rest", "status": status}))
    assert (result["action"], result["retry"]) == ("none_posted", retry)


def test_a_reply_lost_and_repeated_is_one_reply_under_one_key() -> None:
    result = decide(sequence({"via": "rest", "status": 500}, again(), {"via": "rest", "status": 200}, again()))
    assert result["action"] == "once"
    assert len(set(result["idempotency_keys"])) == 1


def test_a_reply_that_failed_is_tried_again_when_the_question_comes_again() -> None:
    result = decide(sequence({"via": "rest", "status": 503}, again()))
    assert result["action"] == "once"
    assert decide(sequence({"via": "rest", "status": 404}, again()))["action"] == "none_posted"


def test_a_reply_found_among_our_own_posts_is_not_made_again() -> None:
    own_post = {
        "id": "9",
        "in_reply_to_id": CASES["m-duplicate-reconnect"]["input"]["body"][0]["payload"]["status"]["id"],
    }
    result = decide(
        sequence(
            {"via": "rest", "status": None}, {"via": "rest", "method": "GET", "status": 200, "payload": [own_post]}
        )
    )
    assert result["action"] == "once"


def test_a_question_deleted_before_the_answer_is_not_answered() -> None:
    post_id = CASES["m-duplicate-reconnect"]["input"]["body"][0]["payload"]["status"]["id"]
    result = decide(sequence({"via": "stream", "event": "delete", "payload": post_id}))
    assert (result["action"], result["retry"]) == ("none_posted", False)


@pytest.mark.parametrize(
    "request_",
    [{}, {"platform": "x"}, {"platform": "y", "bot": {}}, {"platform": "x", "bot": {"id": "1", "username": "b"}, "input": 3},
     {"platform": "x", "bot": {"id": "1", "username": "b"}, "input": {"kind": "letter", "body": {}}},
     {"platform": "x", "bot": {"id": "1", "username": "b"}, "input": {"kind": "sequence", "body": [3]}}],
)  # fmt: skip
def test_a_wrong_request_is_a_bad_request(request_: Case) -> None:
    assert ask("post.parse", **request_)["error"] == "BadRequest"
