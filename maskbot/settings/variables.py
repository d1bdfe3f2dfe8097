"""The variables, their defaults and their checks.

Source: reliability.md B.1 (Redis and Celery windows), B.4 (socket path limit), E11 (private addresses), E15 (open Redis);
social-platforms.md 2.2 (cost of X); price-cards.md 2 (market data). Secrets are `SecretStr`: their repr is `**********`.
"""

from __future__ import annotations

import hashlib
import os
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from maskbot.domain.card import Look, Palette, Theme
from maskbot.domain.errors import Misconfigured
from maskbot.settings.urls import checked_database_url, checked_http_url, checked_redis_url, has_open_redis, split_list

PREFIX = "MASKBOT_"
SOCKET_PATH_LIMIT = 107
"""Bytes of a unix socket's path on Linux, without the closing zero."""
_ROOM_FOR_NAMES = 16
"""What the longest socket name may need beyond `vault.sock`."""

_HttpUrl = Annotated[str, AfterValidator(checked_http_url)]
_UrlList = Annotated[tuple[_HttpUrl, ...], NoDecode, BeforeValidator(split_list)]
_UserPath = Annotated[Path, AfterValidator(lambda path: path.expanduser())]
_Seconds = Annotated[float, Field(gt=0, le=86_400)]


class Settings(BaseSettings):
    """All settings, checked. Names are those of the variables in lower case, without the prefix."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    # --- where things lie
    home: _UserPath = Path("~/.local/state/maskbot").expanduser()
    runtime_dir: _UserPath | None = None
    database_url: Annotated[str, AfterValidator(checked_database_url)] = ""
    redis_url: Annotated[str, AfterValidator(checked_redis_url)] = ""
    redis_allow_open: bool = False
    deployment: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,30}$")] = "maskbot"

    # --- the vault
    kek: SecretStr | None = None
    kek_file: _UserPath | None = None
    kek_passphrase: SecretStr | None = None
    vault_socket: _UserPath | None = None

    # --- the outside
    gun_relays: Annotated[_UrlList, Field(min_length=1, max_length=16)] = ("https://gun.r2d2.to/gun",)
    x_api_base_url: _HttpUrl = "https://api.x.com"
    x_field_names: Literal["old", "new"] = "old"
    x_daily_budget_usd: Annotated[Decimal, Field(ge=0, le=100_000, max_digits=9, decimal_places=3)] = Decimal(5)
    x_posts_per_window: Annotated[int, Field(ge=0, le=10_000)] = 100
    next_id_base_url: _HttpUrl = "https://proof-service.next.id"
    drand_base_url: _HttpUrl = "https://api.drand.sh"
    drand_chain: str = ""
    coingecko_base_url: _HttpUrl = "https://api.coingecko.com/api/v3"
    coingecko_api_key: SecretStr | None = None
    coinmarketcap_base_url: _HttpUrl = "https://pro-api.coinmarketcap.com"
    coinmarketcap_api_key: SecretStr | None = None
    geckoterminal_base_url: _HttpUrl = "https://api.geckoterminal.com/api/v2"
    defillama_base_url: _HttpUrl = "https://coins.llama.fi"
    exchange_base_url: _HttpUrl = "https://api.exchange.coinbase.com"
    ca_bundle: _UserPath | None = None
    allow_private_addresses: bool = False

    # --- how its cards look
    card_theme: Theme = Theme.DARK
    card_palette: Palette = Palette.BLUE_ORANGE

    # --- how it works
    policy_file: _UserPath | None = None
    chains_file: _UserPath | None = None
    worker_threads: Annotated[int, Field(ge=1, le=64)] = 8
    tick_s: _Seconds = 1.0
    quiet_s: _Seconds = 5.0
    lease_s: Annotated[float, Field(ge=5, le=3_600)] = 60.0
    keys_grace_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    look_gap_s: Annotated[float, Field(ge=0.1, le=3_600)] = 40.0
    look_quiet_s: Annotated[float, Field(ge=0, le=86_400)] = 120.0
    mastodon_poll_s: _Seconds = 60.0
    x_poll_s: Annotated[float, Field(ge=1, le=86_400)] = 60.0
    feed_poll_s: Annotated[float, Field(ge=1, le=86_400)] = 120.0
    giveaway_closing_delay_s: Annotated[float, Field(ge=1, le=86_400)] = 150.0
    giveaway_beacon_margin_s: Annotated[float, Field(ge=2, le=604_800)] = 900.0
    payment_poll_s: Annotated[float, Field(ge=0.1, le=600)] = 2.0
    packet_poll_s: Annotated[float, Field(ge=0.1, le=3_600)] = 15.0
    keep_texts_h: Annotated[float, Field(ge=1, le=87_600)] = 24.0
    keep_rows_days: Annotated[float, Field(ge=7, le=36_500)] = 365.0

    # --- how it is watched
    health_host: str = "127.0.0.1"
    health_port: Annotated[int, Field(ge=0, le=65_535)] = 8490
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "json", "console"] = "auto"

    @model_validator(mode="after")
    def _check_together(self) -> Settings:
        keys = [
            name
            for name in ("kek", "kek_file", "kek_passphrase")
            if name in self.model_fields_set and getattr(self, name)
        ]
        if len(keys) > 1:
            names = " and ".join(PREFIX + name.upper() for name in keys)
            raise ValueError(f"{names} are set: keep the one that holds the key and remove the others")
        if has_open_redis(self.redis_url) and not self.redis_allow_open:
            raise ValueError(
                "MASKBOT_REDIS_URL names a Redis without a password: add one (redis://:password@host:6379/0), or, for a "
                "Redis on this machine that only you can reach, set MASKBOT_REDIS_ALLOW_OPEN=true"
            )
        for path in (self.vault_socket_path, self.redis_socket_path):
            if len(os.fsencode(path)) > SOCKET_PATH_LIMIT:
                raise ValueError(
                    f"a socket path has at most {SOCKET_PATH_LIMIT} bytes, and {path} is longer: set MASKBOT_RUNTIME_DIR "
                    "(or MASKBOT_VAULT_SOCKET) to a shorter path"
                )
        return self

    @property
    def runtime_path(self) -> Path:
        """The directory of the sockets, the same for every process of this home: `sockets` in the home where that is short enough,
        else a private one in /tmp."""
        if self.runtime_dir is not None:
            return self.runtime_dir
        inside = self.home.absolute() / "sockets"
        if len(os.fsencode(inside / "vault.sock")) <= SOCKET_PATH_LIMIT - _ROOM_FOR_NAMES:
            return inside
        tag = hashlib.sha256(os.fsencode(self.home.absolute())).hexdigest()[:10]
        return Path(f"/tmp/maskbot-{os.getuid()}-{tag}")  # noqa: S108 - made 0700 and checked for its owner (paths.py)

    @property
    def database(self) -> str:
        """The SQLAlchemy URL of the database; SQLite in the home directory unless another is set."""
        return self.database_url or f"sqlite:///{self.home.absolute()}/maskbot.db"

    @property
    def redis_state_path(self) -> Path:
        """Lock, configuration, log and data of the embedded Redis."""
        return self.home.absolute() / "redis"

    @property
    def redis_socket_path(self) -> Path:
        """The socket of the embedded Redis: where its supervisor says (`run` in its state directory), as far as it ran before."""
        link = self.redis_state_path / "run"
        return (link.readlink() if link.is_symlink() else self.runtime_path) / "redis.sock"

    @property
    def broker_url(self) -> str:
        """The URL Celery and redis-py reach Redis at: the one that is set, else the embedded server's socket."""
        return self.redis_url or f"redis+socket://{self.redis_socket_path}"

    @property
    def vault_socket_path(self) -> Path:
        """The socket the vault listens on."""
        return self.vault_socket or self.runtime_path / "vault.sock"

    @property
    def kek_file_path(self) -> Path:
        """The file with the key-encryption key, used when neither the key nor a passphrase is set."""
        return self.kek_file or self.home / "kek"

    @property
    def card_look(self) -> Look:
        """How cards look."""
        return Look(self.card_theme, self.card_palette)

    @property
    def x_daily_budget_musd(self) -> int:
        """What one X account may spend in a UTC day, in thousandths of a US dollar; 0 means no limit."""
        return int(self.x_daily_budget_usd * 1000)


def load_settings() -> Settings:
    """Read and check the environment. Raises Misconfigured, naming every variable that is wrong and what it takes."""
    try:
        return Settings()
    except ValidationError as error:
        raise Misconfigured("; ".join(_complaint(one["loc"], one["msg"]) for one in error.errors())) from None


def unknown_variables() -> tuple[str, ...]:
    """Variables that start with the prefix and mean nothing (a slip of the pen), each with the likeliest right name."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    found = []
    for name in sorted(os.environ):
        if name.startswith(PREFIX) and name not in known and not name.startswith(PREFIX + "SANDBOX_"):
            near = get_close_matches(name, known, n=1)
            found.append(f"{name} (did you mean {near[0]}?)" if near else name)
    return tuple(found)


def _complaint(location: tuple[int | str, ...], message: str) -> str:
    message = message.removeprefix("Value error, ")
    if not location:
        return message
    return f"{PREFIX}{str(location[0]).upper()}: {message} (see .env.example)"
