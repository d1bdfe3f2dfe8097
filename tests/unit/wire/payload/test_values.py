"""JavaScript's numbers, key order, dates and JSON. The expected texts were printed by Node 20."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskbot.wire.payload import js_json
from maskbot.wire.payload.values import (
    UNDEFINED,
    Instant,
    as_number,
    in_key_order,
    joined_surrogates,
    number_text,
    well_formed,
)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1e21, "1e+21"),
        (1e-7, "1e-7"),
        (1e20, "100000000000000000000"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (123456789012345680000, "123456789012345680000"),
        (1.5e300, "1.5e+300"),
        (1e-6, "0.000001"),
        (0.000001234, "0.000001234"),
        (1.2345e-7, "1.2345e-7"),
        (5e-324, "5e-324"),
        (9007199254740993, "9007199254740992"),
        (1e22, "1e+22"),
        (123.456, "123.456"),
        (-1.5e-10, "-1.5e-10"),
        (1e16, "10000000000000000"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (2**64, "18446744073709552000"),
        (1 / 3, "0.3333333333333333"),
        (123456789.125, "123456789.125"),
        (9.5e-7, "9.5e-7"),
        (999999999999999900000, "999999999999999900000"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
        (100, "100"),
        (-1, "-1"),
        (10**400, "Infinity"),
    ],
)
def test_numbers_are_spelled_as_javascript_does(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_spelled_number_reads_back_as_itself(number: float) -> None:
    assert float(number_text(number)) == number


def test_whole_numbers_beyond_a_double_become_doubles_or_infinity() -> None:
    assert as_number(2**53 - 1) == 2**53 - 1
    assert isinstance(as_number(2**53 + 1), float)
    assert as_number(10**400) == float("inf")
    assert as_number(-(10**400)) == float("-inf")


def test_members_stand_in_javascripts_order() -> None:
    members: dict[str, object] = dict.fromkeys(
        ["z", "10", "01", "7", "4294967294", "4294967295", "0", "-1", "1.0", "٣", ""]
    )
    assert [key for key, _ in in_key_order(members)] == [
        "0",
        "7",
        "10",
        "4294967294",
        "z",
        "01",
        "4294967295",
        "-1",
        "1.0",
        "٣",
        "",
    ]


@pytest.mark.parametrize(
    ("epoch_ms", "text"),
    [
        (1_700_000_000_000, "2023-11-14T22:13:20.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-62_198_755_200_001, "-000002-12-31T23:59:59.999Z"),
        (8_640_000_000_000_000, "+275760-09-13T00:00:00.000Z"),
        (-8_640_000_000_000_000, "-271821-04-20T00:00:00.000Z"),
        (8_640_000_000_000_001, None),
    ],
)
def test_dates_are_written_as_javascript_does(epoch_ms: int, text: str | None) -> None:
    assert Instant(epoch_ms).iso_text == text


def test_json_is_the_text_of_json_stringify() -> None:
    value = {
        "z": '\ud83d x \u2028\x7f\x01\b\f\n\r\t"\\/é🎼',
        "10": 1,
        "2": [1.0, 1e21, -0.0, float("nan"), UNDEFINED, Instant(0)],
        "-1": {},
        "gone": UNDEFINED,
        "01": [],
        "b": b"\x07\x08",
    }
    assert js_json.write(value) == (
        '{"2":[1,1e+21,0,null,null,"1970-01-01T00:00:00.000Z"],"10":1,"z":"\\ud83d x \u2028\x7f\\u0001\\b\\f\\n\\r\\t\\"\\\\/é🎼",'
        '"-1":{},"01":[],"b":{"0":7,"1":8}}'
    )


@pytest.mark.parametrize("value", [{1: 2}, object(), [{"a": {3}}]])
def test_foreign_values_have_no_json(value: object) -> None:
    with pytest.raises(ValueError, match=r"JSON form|names of members"):
        js_json.write(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (" [1, 2.5, 1e2]\n", [1, 2.5, 100.0]),
        ('{"a":{"__proto__":1},"a":2}', {"a": 2}),
        ("9007199254740993", 9007199254740992.0),
        ("1" * 400, float("inf")),
        ('"\\ud83d"', "\ud83d"),
    ],
)
def test_json_is_read_as_javascript_does(text: str, value: object) -> None:
    assert js_json.read(text) == value


@pytest.mark.parametrize(
    "text", ["", "NaN", "Infinity", "-Infinity", "[1,]", "'a'", "\ufeff1", "01", "1 2", '"\n"', "{", "\x0b1"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(js_json.NotJson):
        js_json.read(text)


@pytest.mark.parametrize(
    "text", ["[" * 33 + "]" * 33, '{"a":' * 40 + "1" + "}" * 40, "[" * 100_000, " " * (256 * 1024 + 1)]
)
def test_json_bombs_are_refused_before_parsing(text: str) -> None:
    with pytest.raises(js_json.TooLarge):
        js_json.read(text)


def test_brackets_in_strings_are_no_nesting() -> None:
    text = json.dumps(["[" * 50 + '"' + "{" * 50])
    assert js_json.read(text) == ["[" * 50 + '"' + "{" * 50]


@given(st.text(alphabet=st.characters(), max_size=20))
def test_surrogate_pairs_join_and_lone_ones_become_replacement_characters(text: str) -> None:
    apart = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    assert joined_surrogates(joined_surrogates(text)) == joined_surrogates(text) == apart
    assert well_formed(text).encode("utf-8").decode("utf-8") == well_formed(text)
    assert well_formed("\ud83d\ude00\ud83d") == "😀\ufffd"
