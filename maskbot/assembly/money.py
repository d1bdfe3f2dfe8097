"""The parts of the money: chains, wallet keys, and what the flows of payments work with."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar, cast

from maskbot.domain.errors import Misconfigured
from maskbot.domain.giveaway import Waits
from maskbot.ports.chain import ChainNode
from maskbot.ports.inside import Clock, Entropy, Vault
from maskbot.ports.outside import Publisher
from maskbot.ports.store import Store
from maskbot.settings import ChainNodes, Settings, load_chains

if TYPE_CHECKING:
    from maskbot.domain.money import Address
    from maskbot.flows.act.packet_claim import ClaimParts
    from maskbot.flows.act.payment_parts import PaymentParts
    from maskbot.flows.act.red_packet import PacketParts
    from maskbot.flows.act.safe_parts import SafeParts
    from maskbot.flows.decide.red_packet import PacketMaker
    from maskbot.ports.giveaways import Beacons
    from maskbot.ports.safes import SafeQueue
    from maskbot.ports.treasury import WalletKeys
    from maskbot.wire.draw import DrandChain
    from maskbot.wire.red_packet import ContractBook

_Part = TypeVar("_Part")


class MoneyParts(ABC):
    """What `App` has for payments; the rest of it is in `app`."""

    settings: Settings

    def chain_of(self, chain_id: int) -> ChainNode:
        """The nodes of a chain. Raises Misconfigured for one that the chains file does not name."""

        def make() -> ChainNode:
            from maskbot.assembly.chains import connect

            return connect(chain_id, self.chains, ca_bundle=self.settings.ca_bundle)

        return self._part(f"chain {chain_id}", make)

    @property
    def chains(self) -> Mapping[int, ChainNodes]:
        """The chains that are served, by chain id. Raises Misconfigured for a chains file that cannot be read."""
        return self._part("chains", lambda: load_chains(self.settings.chains_file))

    def disperse_of(self, chain_id: int) -> Address | None:
        """The disperse contract that the chains file trusts on a chain."""
        nodes = self.chains.get(chain_id)
        return None if nodes is None else nodes.disperse

    @property
    def packet_contracts(self) -> ContractBook:
        """The red packet contracts that are trusted: the published table, and a development chain's own."""

        def make() -> ContractBook:
            from maskbot.wire.red_packet import ContractBook

            return ContractBook(one for nodes in self.chains.values() for one in nodes.packet_contracts)

        return self._part("packet contracts", make)

    @property
    def packets(self) -> PacketParts:
        """What the acts of red packets work with."""

        def make() -> PacketParts:
            from maskbot.flows.act.red_packet import PacketParts, PacketRules

            return PacketParts(
                store=self.store,
                chain_of=self.chain_of,
                maker=self.packet_maker,
                limits_of=lambda account_id: self.publisher_of(account_id).limits(),
                relays=self.settings.gun_relays,
                clock=self.clock,
                rules=PacketRules(poll_ms=int(self.settings.packet_poll_s * 1000)),
            )

        return self._part("packets", make)

    @property
    def packet_maker(self) -> PacketMaker:
        """What ordering a red packet needs besides the store."""
        from maskbot.flows.decide.red_packet import PacketMaker

        return PacketMaker(entropy=self.entropy, secrets=self.vault, contracts=self.packet_contracts)

    @property
    def drand_chain(self) -> DrandChain:
        """The drand chain that decides giveaways. Raises Misconfigured for a setting that names none."""
        from maskbot.assembly.beacons import drand_chain

        return drand_chain(self.settings.drand_chain)

    @property
    def giveaway_waits(self) -> Waits:
        """What giveaways wait for after their end. Raises Misconfigured for a margin that is no longer than the delay."""
        delay_ms, margin_ms = (
            self.settings.giveaway_closing_delay_s * 1000,
            self.settings.giveaway_beacon_margin_s * 1000,
        )
        try:
            return Waits(closing_delay_ms=int(delay_ms), beacon_margin_ms=int(margin_ms))
        except ValueError as error:
            raise Misconfigured(f"MASKBOT_GIVEAWAY_BEACON_MARGIN_S: {error}") from error

    @property
    def beacons(self) -> Beacons:
        """What decides giveaways: drand rounds, later blocks."""

        def make() -> Beacons:
            from maskbot.assembly.beacons import connect_beacons

            return connect_beacons(self.settings, chain=self.drand_chain, chain_of=self.chain_of)

        return self._part("beacons", make)

    @property
    def wallet_keys(self) -> WalletKeys:
        """The vault, as it signs payments."""
        return cast("WalletKeys", self.vault)

    @property
    def payments(self) -> PaymentParts:
        """What the flows of payments work with."""

        def make() -> PaymentParts:
            from maskbot.flows.act.payment_parts import PaymentParts, PaymentRules

            rules = PaymentRules(poll_ms=int(self.settings.payment_poll_s * 1000))
            return PaymentParts(
                store=self.store, chain_of=self.chain_of, keys=self.wallet_keys, clock=self.clock, rules=rules
            )

        return self._part("payments", make)

    def safe_queue_of(self, chain_id: int) -> SafeQueue | None:
        """The queue service for Safes of a chain, None where the chains file names none."""
        nodes = self.chains.get(chain_id)
        if nodes is None or nodes.safe_service is None:
            return None

        def make() -> SafeQueue:
            from maskbot.assembly.chains import connect_safe_queue

            return connect_safe_queue(nodes, ca_bundle=self.settings.ca_bundle)

        return self._part(f"safe queue {chain_id}", make)

    @property
    def safes(self) -> SafeParts:
        """What the flows of Safes work with."""

        def make() -> SafeParts:
            from maskbot.adapters.safe_hash import SafeEthHasher
            from maskbot.flows.act.safe_parts import SafeParts

            return SafeParts(
                store=self.store,
                chain_of=self.chain_of,
                keys=self.wallet_keys,
                queue_of=self.safe_queue_of,
                hasher=SafeEthHasher(),
                clock=self.clock,
            )

        return self._part("safes", make)

    @property
    def claims(self) -> ClaimParts:
        """What the flows that take shares of red packets work with."""

        def make() -> ClaimParts:
            from maskbot.flows.act.packet_claim import ClaimParts

            return ClaimParts(
                store=self.store,
                chain_of=self.chain_of,
                contracts=self.packet_contracts,
                secrets=self.vault,
                clock=self.clock,
            )

        return self._part("claims", make)

    @property
    @abstractmethod
    def store(self) -> Store:
        """The store."""

    @property
    @abstractmethod
    def vault(self) -> Vault:
        """The vault."""

    @property
    @abstractmethod
    def clock(self) -> Clock:
        """The clock."""

    @property
    @abstractmethod
    def entropy(self) -> Entropy:
        """The random source."""

    @abstractmethod
    def publisher_of(self, account_id: str) -> Publisher:
        """Publishes for an account."""

    @abstractmethod
    def _part(self, name: str, make: Callable[[], _Part]) -> _Part:
        """The part of this name, made when first asked for."""
