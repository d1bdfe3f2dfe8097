"""What the environment may say, and what the operator is told when it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskbot.domain.errors import Misconfigured
from maskbot.settings import Settings, load_settings, prepare, unknown_variables


def _complaint(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(f"MASKBOT_{name}", value)
    with pytest.raises(Misconfigured) as caught:
        load_settings()
    return str(caught.value)


def test_nothing_set_is_a_whole_configuration() -> None:
    settings = load_settings()
    assert settings.gun_relays == ("https://gun.r2d2.to/gun",)
    assert settings.database.startswith("sqlite:////")
    assert settings.broker_url.startswith("redis+socket:///")
    assert settings.health_host == "127.0.0.1"


def test_relays_are_a_comma_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKBOT_GUN_RELAYS", "https://a.example/gun/, https://b.example/gun")
    assert load_settings().gun_relays == ("https://a.example/gun", "https://b.example/gun")


def test_a_plain_postgresql_url_gets_our_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKBOT_DATABASE_URL", "postgresql://u:p@db/maskbot")
    assert load_settings().database == "postgresql+psycopg://u:p@db/maskbot"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GUN_RELAYS", "gun.example"),
        ("GUN_RELAYS", ","),
        ("DATABASE_URL", "mysql://h/x"),
        ("DATABASE_URL", "postgresql://"),
        ("REDIS_URL", "http://h"),
        ("X_API_BASE_URL", "ftp://h"),
        ("X_API_BASE_URL", "https://h:notaport/"),
        ("WORKER_THREADS", "0"),
        ("HEALTH_PORT", "70000"),
        ("LEASE_S", "-1"),
        ("TICK_S", "nan"),
        ("X_DAILY_BUDGET_USD", "1e9"),
        ("X_DAILY_BUDGET_USD", "NaN"),
        ("LOG_LEVEL", "LOUD"),
        ("DEPLOYMENT", "a b"),
        ("ALLOW_PRIVATE_ADDRESSES", "perhaps"),
    ],
)
def test_a_wrong_value_names_its_variable(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    assert f"MASKBOT_{variable}" in _complaint(monkeypatch, **{variable: value})


def test_every_wrong_variable_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = _complaint(monkeypatch, LEASE_S="x", TICK_S="y")
    assert "MASKBOT_LEASE_S" in complaint
    assert "MASKBOT_TICK_S" in complaint


def test_a_complaint_never_repeats_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = _complaint(
        monkeypatch,
        DATABASE_URL="oracle://u:canary-pass@h/x",
        REDIS_URL="redis://:canary-word@h:port",
        KEK="canary-kek",
        KEK_PASSPHRASE="canary-phrase",
    )
    assert "canary" not in complaint


def test_secrets_do_not_show_in_a_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKBOT_KEK", "canary-kek")
    monkeypatch.setenv("MASKBOT_COINGECKO_API_KEY", "canary-key")
    assert "canary" not in repr(load_settings())


def test_two_sources_of_the_kek_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = _complaint(monkeypatch, KEK="a", KEK_FILE="/b")
    assert "MASKBOT_KEK and MASKBOT_KEK_FILE" in complaint


def test_a_redis_without_a_password_is_refused_unless_said(monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = _complaint(monkeypatch, REDIS_URL="redis://redis:6379/0")
    assert "MASKBOT_REDIS_ALLOW_OPEN" in complaint
    monkeypatch.setenv("MASKBOT_REDIS_ALLOW_OPEN", "true")
    assert load_settings().broker_url == "redis://redis:6379/0"


def test_a_redis_with_a_password_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKBOT_REDIS_URL", "rediss://maskbot:pw@redis:6380/0")
    assert load_settings().broker_url == "rediss://maskbot:pw@redis:6380/0"


def test_a_long_socket_path_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    complaint = _complaint(monkeypatch, VAULT_SOCKET="/" + "x" * 120)
    assert "107 bytes" in complaint


def test_a_long_home_gets_a_short_runtime_directory() -> None:
    settings = Settings(home=Path("/" + "x" * 120))
    assert len(str(settings.vault_socket_path)) < 60
    assert settings.runtime_path != Settings(home=Path("/" + "y" * 120)).runtime_path


def test_a_slip_of_the_pen_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MASKBOT_GUN_RELAY", "https://a.example")
    assert unknown_variables() == ("MASKBOT_GUN_RELAY (did you mean MASKBOT_GUN_RELAYS?)",)


def test_directories_are_made_private(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "a" / "b")
    prepare(settings)
    prepare(settings)
    assert settings.home.stat().st_mode & 0o777 == 0o700
    assert settings.runtime_path.stat().st_mode & 0o777 == 0o700


def test_an_open_home_is_refused_with_the_command_that_closes_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(Misconfigured, match="chmod 700"):
        prepare(Settings(home=tmp_path))


def test_a_file_as_home_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(Misconfigured, match="MASKBOT_HOME"):
        prepare(Settings(home=tmp_path / "home"))
