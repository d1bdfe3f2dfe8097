"""The parts of one process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, TypeVar, cast

from maskbot.assembly.money import MoneyParts
from maskbot.domain.identity import Platform
from maskbot.domain.policy import PolicyBook
from maskbot.domain.request import Applet
from maskbot.ports import outside
from maskbot.ports.inside import Clock, Entropy, Vault
from maskbot.settings import Settings, load_policy_book, prepare

if TYPE_CHECKING:
    from maskbot.adapters.next_id import NextId
    from maskbot.adapters.store.admin import Admin
    from maskbot.adapters.store.work import SqlStore
    from maskbot.assembly.platforms import Clients
    from maskbot.flows.act.deliver_post import DeliveryRules

_Part = TypeVar("_Part")
_ETHEREUM = 1
"""The chain whose Uniswap and Chainlink are read for prices."""


def assemble(settings: Settings) -> App:
    """The parts for these settings; makes the private directories, and nothing else yet.

    Raises:
        Misconfigured: a directory cannot be made or is not private.
    """
    prepare(settings)
    return App(settings=settings)


@dataclass(frozen=True)
class App(MoneyParts):
    """Parts by name, each made when first asked for; safe to share between threads, not across a fork."""

    settings: Settings
    _parts: dict[str, object] = field(default_factory=dict, repr=False)
    _lock: RLock = field(default_factory=RLock, repr=False)

    # --- inside

    @property
    def store(self) -> SqlStore:
        """The store. A new SQLite file gets its schema here; any other database by `maskbot db upgrade` or `maskbot up`."""

        def make() -> SqlStore:
            from maskbot.adapters.store.upgrade import upgrade
            from maskbot.adapters.store.work import open_store

            path = self.settings.database.removeprefix("sqlite:///")
            is_ours = path == str(self.settings.home.absolute() / "maskbot.db")
            if is_ours and not (self.settings.home / "maskbot.db").exists():
                upgrade(self.settings.database)
            return open_store(self.settings.database)

        return self._part("store", make)

    @property
    def admin(self) -> Admin:
        """Listings and records for operators."""

        def make() -> Admin:
            from maskbot.adapters.store.admin import Admin

            return Admin(self.store)

        return self._part("admin", make)

    @property
    def vault(self) -> Vault:
        """The vault's client; the vault itself is a process of its own."""

        def make() -> Vault:
            from maskbot.adapters.vault import VaultClient

            return VaultClient(self.settings.vault_socket_path)

        return self._part("vault", make)

    @property
    def clock(self) -> Clock:
        """The wall clock."""

        def make() -> Clock:
            from maskbot.adapters.system import SystemClock

            return SystemClock()

        return self._part("clock", make)

    @property
    def entropy(self) -> Entropy:
        """The random source."""

        def make() -> Entropy:
            from maskbot.adapters.system import SystemEntropy

            return SystemEntropy()

        return self._part("entropy", make)

    # --- outside

    @property
    def key_graph(self) -> outside.KeyGraph:
        """The GUN relays."""

        def make() -> outside.KeyGraph:
            from maskbot.adapters.gun_relay import GunRelays

            return GunRelays(self.settings.gun_relays, clock=self.clock, entropy=self.entropy)

        return self._part("key_graph", make)

    @property
    def market(self) -> outside.MarketData:
        """Prices."""

        def make() -> outside.MarketData:
            from maskbot.adapters.market import Codec, MarketKeys, MarketUrls, build_market
            from maskbot.adapters.store.value_json import dump_value, load_value

            coingecko, coinmarketcap = self.settings.coingecko_api_key, self.settings.coinmarketcap_api_key
            urls = MarketUrls(
                coingecko=self.settings.coingecko_base_url,
                defillama=self.settings.defillama_base_url,
                exchange=self.settings.exchange_base_url,
                terminal=self.settings.geckoterminal_base_url,
                coinmarketcap=self.settings.coinmarketcap_base_url,
            )
            keys = MarketKeys(
                coingecko=coingecko.get_secret_value() if coingecko else None,
                coinmarketcap=coinmarketcap.get_secret_value() if coinmarketcap else None,
            )
            return build_market(
                urls=urls,
                keys=keys,
                clock=self.clock,
                chain=self.chain_of(_ETHEREUM) if _ETHEREUM in self.chains else None,
                broker_url=self.settings.broker_url,
                codec=Codec(dump=dump_value, load=load_value),
            )

        return self._part("market", make)

    @property
    def cards(self) -> outside.CardRenderer:
        """Draws cards; its processes start with the first one."""

        def make() -> outside.CardRenderer:
            from maskbot.adapters.card_renderer import ProcessCardRenderer

            return ProcessCardRenderer()

        return self._part("cards", make)

    @property
    def webhooks(self) -> outside.WebhookSender:
        """Posts notices to owners' URLs."""

        def make() -> outside.WebhookSender:
            from maskbot.adapters.safe_http import SafeHttp
            from maskbot.adapters.webhook import Webhooks

            return Webhooks(SafeHttp(allow_private=self.settings.allow_private_addresses))

        return self._part("webhooks", make)

    @property
    def pictures(self) -> outside.PictureSource:
        """Fetches pictures that posts show."""

        def make() -> outside.PictureSource:
            from maskbot.adapters.picture_source import PictureDownloads
            from maskbot.adapters.safe_http import SafeHttp

            return PictureDownloads(SafeHttp(allow_private=self.settings.allow_private_addresses, timeout_s=10.0))

        return self._part("pictures", make)

    @property
    def next_id(self) -> NextId:
        """Next.ID's proof service."""

        def make() -> NextId:
            from maskbot.adapters.next_id import NextId

            return NextId(self.settings.next_id_base_url)

        return self._part("next_id", make)

    def feed_of(self, account_id: str) -> outside.MentionFeed:
        """Reads the account's feeds. Raises Refused for an unknown account."""
        return self._clients.of(account_id).feed

    def publisher_of(self, account_id: str) -> outside.Publisher:
        """Publishes for the account."""
        return self._clients.of(account_id).publisher

    def graph_of(self, account_id: str) -> outside.SocialGraph:
        """Looks people up through the account."""
        return self._clients.of(account_id).graph

    @property
    def _clients(self) -> Clients:
        def make() -> Clients:
            from maskbot.assembly.platforms import Clients

            return Clients(settings=self.settings, store=self.store, secrets=self.vault)

        return self._part("clients", make)

    # --- rules

    @property
    def policies(self) -> PolicyBook:
        """The policy of each instance. Raises Misconfigured for a policy file that cannot be read."""
        return self._part("policies", lambda: load_policy_book(self.settings.policy_file))

    @property
    def applets(self) -> tuple[Applet, ...]:
        """The registered applets."""

        def make() -> tuple[Applet, ...]:
            from maskbot.assembly.applets import load_applets

            return load_applets()

        return self._part("applets", make)

    @property
    def delivery_rules(self) -> DeliveryRules:
        """When an unknown delivery is looked for and sent again, and what X may cost a day."""

        def make() -> DeliveryRules:
            from maskbot.flows.act.deliver_post import DeliveryRules

            return DeliveryRules(
                quiet_ms=int(self.settings.look_quiet_s * 1000),
                look_gap_ms=int(self.settings.look_gap_s * 1000),
                x_budget_musd=self.settings.x_daily_budget_musd,
                x_window_posts=self.settings.x_posts_per_window,
                look=self.settings.card_look,
            )

        return self._part("delivery_rules", make)

    @property
    def lease_ms(self) -> int:
        """How long a worker may hold a job."""
        return int(self.settings.lease_s * 1000)

    @property
    def quiet_ms(self) -> int:
        """How long after a bell the same work is not rung for again."""
        return int(self.settings.quiet_s * 1000)

    @property
    def keys_grace_ms(self) -> int:
        """How long a broadcast waits for its last relays."""
        return int(self.settings.keys_grace_s * 1000)

    @property
    def tick_s(self) -> float:
        """The ticker's period."""
        return self.settings.tick_s

    def poll_s(self, platform: Platform) -> float:
        """How often an account of this platform catches up."""
        return self.settings.x_poll_s if platform is Platform.X else self.settings.mastodon_poll_s

    def close(self) -> None:
        """Close every connection that was opened. The app can not be used afterwards."""
        with self._lock:
            for part in reversed(list(self._parts.values())):
                close = getattr(part, "close", None)
                if callable(close):
                    close()
            self._parts.clear()

    def _part(self, name: str, make: Callable[[], _Part]) -> _Part:
        found = self._parts.get(name)
        if found is None:
            with self._lock:
                found = self._parts.get(name)
                if found is None:
                    found = self._parts[name] = make()
        return cast("_Part", found)
