"""The chains file: which nodes, and that a contract of one's own is trusted on a development chain alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskbot.domain.errors import Misconfigured
from maskbot.domain.money import DEVELOPMENT_CHAIN_IDS, Address
from maskbot.domain.red_packet import PacketVersion
from maskbot.settings import load_chains
from maskbot.wire.red_packet import ContractBook

OWN = "0x" + "05" * 20
HUB = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"


def _write(folder: Path, text: str) -> Path:
    path = folder / "chains.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    return path


def _chain(id_: int, *lines: str) -> str:
    return "\n".join([f"[chain.{id_}]", 'nodes = ["http://127.0.0.1:8545"]', *lines])


def test_a_chain_without_more_words_has_a_window_for_public_nodes_and_trusts_no_contract(tmp_path: Path) -> None:
    found = load_chains(_write(tmp_path, _chain(1)))[1]
    assert (found.chain.window, found.disperse, found.quorum) == (16, None, 1)


def test_window_and_disperse_contract_are_read(tmp_path: Path) -> None:
    found = load_chains(_write(tmp_path, _chain(1, "window = 500", f'disperse = "{HUB}"')))[1]
    assert (found.chain.window, found.disperse) == (500, bytes.fromhex(HUB[2:]))


@pytest.mark.parametrize(
    "line", ["window = 0", "window = 10001", "window = true", 'disperse = "0x12"', "disperse = 5", 'colour = "red"']
)
def test_what_means_nothing_is_refused_with_its_place(tmp_path: Path, line: str) -> None:
    with pytest.raises(Misconfigured, match=r"\[chain.137\]"):
        load_chains(_write(tmp_path, _chain(137, line)))


def test_without_a_file_no_chain_is_served() -> None:
    assert load_chains(None) == {}


@pytest.mark.parametrize("id_", sorted(DEVELOPMENT_CHAIN_IDS))
def test_a_development_chain_may_name_contracts_of_its_own(tmp_path: Path, id_: int) -> None:
    path = _write(tmp_path, _chain(id_, f'packet_contracts = {{ v4 = "{OWN}", nft = "{OWN}" }}'))
    book = ContractBook(load_chains(path)[id_].packet_contracts)
    for version in (PacketVersion.V4, PacketVersion.NFT):
        assert book.find(chain_id=id_, version=version).address == Address(b"\x05" * 20)


@pytest.mark.parametrize("id_", [*ContractBook().chains(PacketVersion.V4), 5, 11155111, 31338])
def test_no_other_chain_may_name_one_whether_it_is_in_the_table_or_not(tmp_path: Path, id_: int) -> None:
    with pytest.raises(Misconfigured, match="development chains"):
        load_chains(_write(tmp_path, _chain(id_, f'packet_contracts = {{ v4 = "{OWN}" }}')))


def test_no_development_chain_is_in_the_published_table() -> None:
    for version in PacketVersion:
        assert not DEVELOPMENT_CHAIN_IDS & set(ContractBook().chains(version))


@pytest.mark.parametrize("line", ['v5 = "0x05"', f'V4 = "{OWN}"', 'v4 = "0x05"', "v4 = 5", 'v4 = ["0x05"]'])
def test_a_contract_that_means_nothing_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(Misconfigured, match=r"\[chain.31337\]: packet_contracts"):
        load_chains(_write(tmp_path, _chain(31337, f"packet_contracts = {{ {line} }}")))


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = _write(tmp_path, _chain(1))
    path.chmod(0o640)
    with pytest.raises(Misconfigured, match="chmod 600"):
        load_chains(path)


def test_a_chain_may_name_the_queue_of_its_safes_whose_key_is_not_shown(tmp_path: Path) -> None:
    lines = ('safe_service = "https://queue.example/tx-service/eth/"', 'safe_service_key = "hunter2"')
    nodes = load_chains(_write(tmp_path, _chain(1, *lines)))[1]
    assert nodes.safe_service is not None
    assert (nodes.safe_service.rstrip("/"), nodes.safe_service_key) == (
        "https://queue.example/tx-service/eth",
        "hunter2",
    )
    assert "hunter2" not in repr(nodes)
    with pytest.raises(Misconfigured, match=r"\[chain.1\]"):
        load_chains(_write(tmp_path, _chain(1, 'safe_service = "ftp://queue.example"')))
