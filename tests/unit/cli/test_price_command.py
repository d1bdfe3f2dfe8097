"""`maskbot price` against the sandbox's market sites, without any account."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.adapters.market_process import running_market_sites
from tests.unit.cli.operator import Operator, operator_at_work


@pytest.fixture(scope="module")
def sites() -> Iterator[str]:
    with running_market_sites() as running:
        yield running.url


@pytest.fixture(scope="module")
def person(sites: str) -> Iterator[Operator]:
    """Somebody with settings for market data and nothing else: no vault, no account."""
    urls = {
        "coingecko_base_url": f"{sites}/api/v3",
        "geckoterminal_base_url": f"{sites}/api/v2",
        "defillama_base_url": sites,
        "exchange_base_url": sites,
    }
    with operator_at_work(with_vault=False) as working:
        environment = {f"MASKBOT_{name.upper()}": value for name, value in urls.items()}
        yield Operator(working.settings, working.parts, {**working.environment, **environment})


def test_a_price_is_told_and_its_card_written(person: Operator, tmp_path: Path) -> None:
    card = tmp_path / "out.png"
    told = person.run("price", "ETH", "--window", "7d", "--png", str(card), "--json").json
    assert told["symbol"] == "ETH"
    assert told["points"] == 168
    assert told["price"].replace(".", "").isdigit()
    assert "Ethereum (ETH) price card" in told["alt_text"]
    assert card.read_bytes().startswith(b"\x89PNG")


def test_the_same_is_said_in_lines(person: Operator) -> None:
    ran = person.run("price", "eth")
    assert ran.status == 0
    assert ran.out.startswith("Ethereum (ETH) $")


def test_a_file_that_exists_is_kept(person: Operator, tmp_path: Path) -> None:
    card = tmp_path / "out.png"
    card.write_text("mine")
    assert person.run("price", "ETH", "--png", str(card)).status == 6
    assert card.read_text() == "mine"


@pytest.mark.parametrize(("words", "status"), [(("NOSUCHTOKEN",), 3), (("ETH BTC",), 2), (("",), 2), (("\x00",), 2)])
def test_what_has_no_price_is_said_plainly(person: Operator, words: tuple[str, ...], status: int) -> None:
    ran = person.run("price", *words)
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.startswith("maskbot: ")


def test_no_source_at_all_is_unavailable(person: Operator) -> None:
    nowhere = {
        f"MASKBOT_{name}_BASE_URL": "http://127.0.0.1:9"
        for name in ("COINGECKO", "GECKOTERMINAL", "DEFILLAMA", "EXCHANGE")
    }
    assert person.run("price", "ETH", **nowhere).status == 4
