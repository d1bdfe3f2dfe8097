"""Parts are made when asked for, once; applets come through the entry points; other databases are left alone."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from maskbot.assembly import assemble
from maskbot.assembly.applets import load_applets
from maskbot.assembly.platforms import connect, read_token
from maskbot.domain.errors import Misconfigured, Refused
from maskbot.domain.giveaway import Waits
from maskbot.domain.identity import Platform
from maskbot.domain.red_packet import PacketVersion
from maskbot.settings import Settings

HELP = EntryPoint("help", "maskbot.applets.help:Help", "maskbot.applets")
PRICE = EntryPoint("price", "maskbot.applets.price:Price", "maskbot.applets")


def test_a_part_is_made_once(tmp_path: Path) -> None:
    app = assemble(Settings(home=tmp_path / "h"))
    assert app.store is app.store
    assert app.clock is app.clock
    app.close()


def test_asking_for_the_store_loads_no_platform_library() -> None:
    code = (
        "import sys, tempfile, pathlib; from maskbot.assembly import assemble; from maskbot.settings import Settings\n"
        "app = assemble(Settings(home=pathlib.Path(tempfile.mkdtemp()) / 'h')); app.store\n"
        "print(sorted({'tweepy', 'mastodon', 'websockets', 'httpx', 'celery', 'web3', 'requests'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_new_database_of_ours_gets_its_schema_and_any_other_does_not(tmp_path: Path) -> None:
    ours = assemble(Settings(home=tmp_path / "h"))
    assert ours.admin.tenants() == []
    ours.close()
    other = assemble(Settings(home=tmp_path / "h", database_url=f"sqlite:///{tmp_path}/other.db"))
    with pytest.raises(Misconfigured, match="maskbot db upgrade"):
        _ = other.store
    other.close()


def test_an_unknown_account_is_refused(tmp_path: Path) -> None:
    app = assemble(Settings(home=tmp_path / "h"))
    with pytest.raises(Refused, match="maskbot account list"):
        app.feed_of("nobody")
    app.close()


def test_the_built_in_applets_are_installed_with_help_asked_last() -> None:
    names = [applet.name for applet in load_applets()]
    assert {"help", "price"} <= set(names)
    assert names[-1] == "help"


def test_applets_are_asked_by_name_whatever_order_they_were_found_in() -> None:
    assert [applet.name for applet in load_applets([HELP, PRICE])] == ["price", "help"]


@pytest.mark.parametrize(
    "value", ["maskbot.nowhere:X", "maskbot.domain.identity:PublicKey", "maskbot.domain.post:Visibility"]
)
def test_what_is_no_applet_is_misconfigured_and_named(value: str) -> None:
    with pytest.raises(Misconfigured, match="third"):
        load_applets([EntryPoint("third", value, "maskbot.applets")])


def test_two_applets_with_one_verb_are_misconfigured() -> None:
    with pytest.raises(Misconfigured, match="both answer"):
        load_applets([PRICE, EntryPoint("price2", PRICE.value, PRICE.group)])


@pytest.mark.parametrize("sealed", [b"", b"[]", b'{"a": 1}', b"\xff"])
def test_a_token_that_is_no_object_of_texts_is_misconfigured(sealed: bytes) -> None:
    with pytest.raises(Misconfigured):
        read_token(sealed)


@pytest.mark.parametrize(
    ("platform", "token"), [(Platform.X, {"canary": "canary"}), (Platform.MASTODON, {"token": "canary"})]
)
def test_a_token_with_other_fields_is_misconfigured_and_not_told(
    platform: Platform, token: dict[str, str], tmp_path: Path
) -> None:
    with pytest.raises(Misconfigured) as caught:
        connect(platform, token, base_url="https://a.example", settings=Settings(home=tmp_path))
    assert "canary" not in str(caught.value)


def test_what_the_settings_say_of_money_reaches_its_parts(tmp_path: Path) -> None:
    own = "0x" + "05" * 20
    chains = tmp_path / "chains.toml"
    chains.write_text(f'[chain.31337]\nnodes = ["http://127.0.0.1:1"]\npacket_contracts = {{ v4 = "{own}" }}\n')
    chains.chmod(0o600)
    settings = Settings(
        home=tmp_path / "h",
        chains_file=chains,
        payment_poll_s=0.25,
        packet_poll_s=0.5,
        giveaway_closing_delay_s=1.5,
        giveaway_beacon_margin_s=20,
    )
    app = assemble(settings)
    assert app.packet_contracts.find(chain_id=31337, version=PacketVersion.V4).address == bytes.fromhex(own[2:])
    assert app.giveaway_waits == Waits(closing_delay_ms=1_500, beacon_margin_ms=20_000)
    assert app.payments.rules.poll_ms == 250
    assert app.packets.rules.poll_ms == 500
    app.close()


def test_a_beacon_margin_within_the_closing_delay_is_misconfigured(tmp_path: Path) -> None:
    app = assemble(Settings(home=tmp_path / "h", giveaway_beacon_margin_s=100))
    with pytest.raises(Misconfigured, match="MASKBOT_GIVEAWAY_BEACON_MARGIN_S"):
        _ = app.giveaway_waits
    app.close()
