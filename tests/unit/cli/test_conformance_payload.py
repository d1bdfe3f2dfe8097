"""Every payload vector through `maskbot conformance`, as another implementation would be checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from maskbot.cli.conformance import answer
from tests.unit.wire.payload.test_carriers import LENIENT, STRICT
from tests.unit.wire.payload.vectors import ALL, BY_ID, CASES, Json

GROUPS = ("PayloadException.", "CryptoException.", "EncryptErrorReasons.", "DecryptErrorReasons.")
SEALING = [case for case in CASES if "encrypt_request" in case]
PARSED = [case for case in CASES if "parse" in case]
ATTEMPTS = [(case, attempt) for case in CASES for attempt in case.get("attempts", ())]
FORMS = [(case, network, form) for case in CASES for network, form in case.get("network_forms", {}).items()]
PUBLIC = BY_ID["dev-v38-public-text"]


def ask(op: str, **request: object) -> dict[str, Any]:
    return answer(json.dumps({"op": op, **request}).encode())


def payload_of(case: Json) -> Json:
    return {name: case[name] for name in ("payload_text", "payload_hex") if name in case}


def label(item: Any) -> str:
    return str(item.get("id") or item.get("as") or "") if isinstance(item, dict) else str(item)


def without_remarks(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: without_remarks(member) for name, member in value.items() if name not in ("cause", "message")}
    return value


def published(entry: Json) -> Json:
    names = ("encrypted_post_key", "gun", "iv_to_be_published", "ephemeral_public_key")
    return {name: entry[name] for name in names if name in entry}


def request_of(case: Json) -> Json:
    request: Json = json.loads(json.dumps(case["encrypt_request"]))
    if "post_key_jwk_json" in case:
        request["random"]["post_key_jwk_json"] = case["post_key_jwk_json"]
    return request


@pytest.mark.parametrize("case", [case for case in SEALING if not case.get("encrypt_error")], ids=label)
def test_encrypt_gives_the_expected_bytes(case: Json) -> None:
    reply = ask("payload.encrypt", **request_of(case))
    entries = None if case["e2e"] is None else [published(entry) for entry in case["e2e"]]
    assert reply == {"ok": True, **payload_of(case), "post_identifier": case["post_identifier"], "e2e": entries}
    assert ask("message.encode", version=case["version"], message=case["message"]) == {
        "ok": True,
        "hex": case["plaintext_hex"],
    }


@pytest.mark.parametrize("case", [case for case in SEALING if case.get("encrypt_error")], ids=label)
def test_encrypt_refuses_with_the_expected_kind(case: Json) -> None:
    expected = case["encrypt_error"]["error"]
    kind = "PayloadException.EncodeFailed" if expected.startswith("THROW:") else expected
    assert ask("payload.encrypt", **request_of(case))["error"] == kind


@pytest.mark.parametrize("case", [case for case in CASES if "append" in case], ids=label)
def test_append_gives_the_expected_keys(case: Json) -> None:
    request = json.loads(json.dumps(case["append"]["request"]))
    request["random"]["post_key_jwk_json"] = case["post_key_jwk_json"]
    assert ask("payload.append", **request) == {
        "ok": True,
        "e2e": [published(entry) for entry in case["append"]["e2e"]],
    }


@pytest.mark.parametrize("case", PARSED, ids=label)
def test_parse_shows_every_field(case: Json) -> None:
    reply, expected = without_remarks(ask("payload.parse", **payload_of(case))), without_remarks(case["parse"])
    if str(expected.get("error")).startswith("THROW:"):
        assert reply["ok"]
        assert "CryptoException.InvalidCryptoKey" in json.dumps(reply)
    else:
        assert reply == expected


@pytest.mark.parametrize(("case", "attempt"), ATTEMPTS, ids=label)
def test_decrypt_ends_as_expected(case: Json, attempt: Json) -> None:
    reply, expected = ask("payload.decrypt", **payload_of(case), io=attempt["io"]), attempt["expect"]
    if expected["ok"]:
        assert reply == {"ok": True, "content": expected["content"], "post_key_cached": expected["post_key_cached"]}
    elif expected["error"].startswith("THROW:"):
        assert reply["ok"] or reply["error"].startswith(GROUPS)
    else:
        assert reply["error"] == expected["error"]
        if str(expected.get("cause")).startswith(GROUPS[:2]):
            assert reply["cause"] == expected["cause"]


@pytest.mark.parametrize(("case", "network", "form"), FORMS, ids=label)
def test_carriers_go_both_ways(case: Json, network: str, form: Json) -> None:
    assert ask("carrier.encode", network=network, **payload_of(case)) == {"ok": True, "text": form["text"]}
    assert ask("carrier.decode", network=network, text=form["text"]) == {"ok": True, "payloads": form["decoded"]}


@pytest.mark.parametrize("case", ALL["network_texts"], ids=label)
def test_carriers_are_found_in_texts(case: Json) -> None:
    reply = ask("carrier.decode", network=case["network"], text=case["text"])
    if case["id"] not in STRICT and case["id"] not in LENIENT:
        assert reply == {"ok": True, "payloads": case["decoded"]}
    else:
        assert len(reply["payloads"]) <= 1


@pytest.mark.parametrize("case", [case for case in CASES if case["kind"] == "typed-message"], ids=label)
def test_messages_are_decoded(case: Json) -> None:
    reply, expected = (
        ask("message.decode", version=case["version"], hex=case["plaintext_hex"]),
        case["attempts"][0]["expect"],
    )
    if expected["ok"]:
        assert reply == {"ok": True, "message": expected["content"]}
    else:
        assert reply["error"] == "DecryptErrorReasons.PayloadDecryptedButTypedMessageBroken"


def test_a_post_with_a_carrier_in_it_is_decrypted() -> None:
    text = f"see {PUBLIC['network_forms']['twitter.com']['text']} now"
    assert ask("payload.decrypt", network="x.com", text=text)["content"] == PUBLIC["message"]
    nothing = ask("payload.decrypt", network="twitter.com", text="nothing")
    assert nothing["error"] == "DecryptErrorReasons.NoPayloadFound"


def test_missing_randomness_is_drawn() -> None:
    request = {**PUBLIC["encrypt_request"], "random": None}
    first, second = ask("payload.encrypt", **request), ask("payload.encrypt", **request)
    assert first["payload_text"] != second["payload_text"]
    assert ask("payload.decrypt", payload_text=first["payload_text"])["content"] == PUBLIC["message"]


def test_an_author_that_is_no_profile_counts_as_none() -> None:
    reply = ask("payload.encrypt", **{**PUBLIC["encrypt_request"], "author": "bob"})
    assert ask("payload.parse", payload_text=reply["payload_text"])["author"] == {"ok": True, "value": None}


def test_a_recipient_that_cannot_be_served_is_an_error_in_its_place() -> None:
    case = BY_ID["dev-v38-e2e-1"]
    target = [{"curve": "P-256", "priv_hex": "01" * 32}, *case["encrypt_request"]["target"]]
    reply = ask("payload.encrypt", **{**case["encrypt_request"], "target": target, "random": {}})
    assert [("error" in entry) for entry in reply["e2e"]] == [True, False]


WRAPPED = {"b": {"$bytes": "00ff"}, "n": [{"$number": "NaN"}, {"$number": "-Infinity"}], "u": [{"$undefined": True}]}


@pytest.mark.parametrize(
    "date", ["2023-11-14T22:13:20.001Z", "-000002-12-31T23:59:59.999Z", "+275760-09-13T00:00:00.000Z"]
)
def test_what_json_cannot_say_goes_through_both_ways(date: str) -> None:
    message = {
        "type": "text",
        "content": "\ud83d",
        "meta": {**WRAPPED, "d": {"$date": date}, "gone": {"$undefined": True}},
    }
    plaintext = ask("message.encode", version=-37, message=message)["hex"]
    meta = {**WRAPPED, "d": {"$date": date}, "u": [None]}
    expected = {"type": "text", "content": "\ud83d", "meta": meta}
    assert ask("message.decode", version=-37, hex=plaintext) == {"ok": True, "message": expected}


@pytest.mark.parametrize(
    ("op", "request_"),
    [
        ("payload.parse", {}),
        ("payload.parse", {"payload_text": "x", "payload_hex": "00"}),
        ("payload.parse", {"payload_hex": "0"}),
        ("payload.parse", {"payload_hex": "0 0"}),
        ("payload.parse", {"payload_hex": "zz"}),
        ("payload.decrypt", {"text": "x"}),
        ("payload.decrypt", {"payload_text": "x", "io": []}),
        (
            "payload.decrypt",
            {"payload_text": "x", "io": {"private_keys": [{"curve": "secp256k1", "priv_hex": "00" * 32}]}},
        ),
        ("payload.decrypt", {"payload_text": "x", "io": {"private_keys": [5]}}),
        ("payload.decrypt", {"payload_text": "x", "io": {"has_local_key": 1}}),
        ("payload.decrypt", {"payload_text": "x", "io": {"post_keys": [{}]}}),
        ("payload.encrypt", {**PUBLIC["encrypt_request"], "version": -39}),
        ("payload.encrypt", {**PUBLIC["encrypt_request"], "version": True}),
        ("payload.encrypt", {**PUBLIC["encrypt_request"], "target": "all"}),
        ("payload.encrypt", {**PUBLIC["encrypt_request"], "target": None}),
        (
            "payload.encrypt",
            {**PUBLIC["encrypt_request"], "target": [{"curve": "secp256k1", "pub_hex": "02" + "ff" * 32}]},
        ),
        ("payload.encrypt", {**PUBLIC["encrypt_request"], "author_key": {"curve": "ed25519", "priv_hex": "00"}}),
        ("payload.encrypt", {**PUBLIC["encrypt_request"], "message": None}),
        ("payload.encrypt", {**PUBLIC["encrypt_request"], "message": {"type": "text"}}),
        ("payload.encrypt", {**PUBLIC["encrypt_request"], "random": {"post_iv": "00"}}),
        ("payload.append", {"version": -37, "target": []}),
        ("carrier.encode", {"network": "twitter.com"}),
        ("carrier.decode", {"network": "twitter.com"}),
        ("message.encode", {"version": -40, "message": PUBLIC["message"]}),
        ("message.encode", {"version": -37, "message": {"type": "text", "content": "x", "meta": [1]}}),
        (
            "message.encode",
            {"version": -37, "message": {"type": "text", "content": "x", "meta": {"a": {"$bytes": "0"}}}},
        ),
        (
            "message.encode",
            {"version": -37, "message": {"type": "text", "content": "x", "meta": {"a": {"$date": "x"}}}},
        ),
        ("message.decode", {"version": -41, "hex": ""}),
        ("message.decode", {"version": -37}),
    ],
)
def test_requests_that_are_none_are_bad_requests(op: str, request_: Json) -> None:
    assert ask(op, **request_)["error"] == "BadRequest"


@pytest.mark.parametrize(
    "message",
    [{"type": "image", "image": "x"}, {"type": "promise"}, {"type": "empty"}, {"type": "unknown", "raw": [7]}],
)
def test_messages_that_cannot_be_written_are_refused(message: Json) -> None:
    assert ask("message.encode", version=-37, message=message)["error"] == "PayloadException.EncodeFailed"
    refused = ask("message.encode", version=-38, message=message)["error"]
    assert refused == "EncryptErrorReasons.ComplexTypedMessageNotSupportedInPayload38"


def nested(levels: int) -> object:
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("version", [-37, -38])
@pytest.mark.parametrize(("levels", "kind"), [(60, None), (150, "PayloadException.EncodeFailed"), (400, "BadRequest")])
def test_deep_metadata_is_refused_by_name(version: int, levels: int, kind: str | None) -> None:
    meta = {"deep": nested(levels), "big": 10**400, "odd": {"$number": []}}
    message = {"type": "text", "content": "x", "meta": meta}
    assert ask("message.encode", version=version, message=message).get("error") == kind
