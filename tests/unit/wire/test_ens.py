"""ENS names: which are looked up, their nodes, and answers that are none."""

from __future__ import annotations

import pytest

from maskbot.domain.errors import Malformed
from maskbot.domain.money import Address
from maskbot.wire.ens import address_call, decode_address, is_name, name_node, resolver_call


def test_nodes_are_those_of_eip_137() -> None:
    assert name_node("eth").hex() == "93cdeb708b7545dc668eb9280176169d1c33cfd8ed6f04690a0bcc88a93fc4ae"
    assert name_node("foo.eth").hex() == "de9b09fd7c5f901e23a3f19fecc54828e9c848539801e86591bd9801b019f84f"


def test_calls_are_a_selector_and_the_node() -> None:
    assert resolver_call("foo.eth")[:4].hex() == "0178b8bf"
    assert address_call("foo.eth")[4:] == name_node("foo.eth")


@pytest.mark.parametrize("text", ["alice.eth", "a-b.c_d.eth", "1.eth"])
def test_plain_names_are_looked_up(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text", ["eth", ".eth", "alice.com", "аlice.eth", "al ice.eth", "-a.eth", "a" * 64 + ".eth", "a." * 6 + "eth"]
)
def test_other_names_are_not(text: str) -> None:
    assert not is_name(text)


def test_an_answer_is_an_address_or_nothing() -> None:
    assert decode_address(bytes(12) + b"\x01" * 20) == Address(b"\x01" * 20)
    assert decode_address(b"") is None
    assert decode_address(bytes(32)) is None
    for broken in (bytes(31), b"\x01" + bytes(31)):
        with pytest.raises(Malformed):
            decode_address(broken)
