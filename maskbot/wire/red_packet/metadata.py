"""The entry `com.maskbook.red_packet:1` of a post's metadata (red-packets.md 8.1): a fungible packet as the extension knows it.

What a post says is a stranger's word: the contract comes from our table, amounts and times from the chain. Values are those of
JSON; numbers are JavaScript's, so 5.0 is 5. Extra fields are let through unread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from maskbot.domain.money import NATIVE, Address
from maskbot.domain.red_packet import PacketReference, PacketVersion
from maskbot.wire.crypto import address_text, is_private_key
from maskbot.wire.red_packet.addresses import chain_of_name, name_of_chain
from maskbot.wire.red_packet.errors import InvalidPacketPost, KeyOnServer
from maskbot.wire.red_packet.json_fields import Fields

KEY = "com.maskbook.red_packet:1"
LONGEST_MESSAGE = 100
_LONGEST_READ = 4096
_LEAST_MS = 10**7
_KEY_TEXT = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)
_NATIVE_TYPE = 0


@dataclass(frozen=True, slots=True)
class PostedToken:
    """The token a post names; `decimals` and `symbol` are for showing only, None where the post has none."""

    address: Address
    symbol: str | None = None
    decimals: int | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class PacketPost:
    """A red packet in a post. `chain_id` is None when the post does not say (then the reader's own chain is meant).

    `named_contract` is what the post claims, never used to call. `password` is a private key in v4 and a text before; '' means that
    the claim key is on a server. `duration_s` is corrected from milliseconds.
    """

    packet_id: bytes
    version: PacketVersion
    chain_id: int | None
    named_contract: str
    sender: Address
    sender_name: str
    message: str
    is_random: bool
    shares: int
    total: int
    created_at_ms: int
    duration_s: int
    token: PostedToken | None
    network: str | None = None
    tx_hash: bytes | None = None
    password: str = field(default="", repr=False)

    @property
    def reference(self) -> PacketReference | None:
        """Where the packet is, if the post says on which chain."""
        return None if self.chain_id is None else PacketReference(self.chain_id, self.version, self.packet_id)

    @property
    def packet_key(self) -> bytes:
        """The packet key (32 bytes) of a v4 post: whoever has it can let anyone claim.

        Raises:
            KeyOnServer: the post has none.
            InvalidPacketPost: it is no key, or the version has passwords.
        """
        if self.version is not PacketVersion.V4:
            raise InvalidPacketPost(f"a packet of version {self.version.value} has a password, no key")
        if not self.password:
            raise KeyOnServer("the key of this packet is held by a server, whose rules keep bots out; it is left alone")
        if _KEY_TEXT.fullmatch(self.password) is None or not is_private_key(bytes.fromhex(self.password[2:])):
            raise InvalidPacketPost("password: expected a private key, 0x and 64 hexadecimal digits")
        return bytes.fromhex(self.password[2:])

    def to_json(self) -> dict[str, object]:
        """The entry as the extension writes it when it posts. Raises ValueError for versions that are not created any more."""
        if self.version is not PacketVersion.V4 or self.chain_id is None:
            raise ValueError("only v4 packets on a named chain are posted")
        token = self.token or PostedToken(NATIVE)
        shown: dict[str, object] = {"chainId": self.chain_id, "address": address_text(token.address)}
        shown |= {} if token.symbol is None else {"symbol": token.symbol}
        shown |= {} if token.decimals is None else {"decimals": token.decimals}
        network = self.network or name_of_chain(self.chain_id)
        return {
            "contract_version": int(self.version.value),
            "contract_address": self.named_contract,
            "rpid": "0x" + self.packet_id.hex(),
            **({} if self.tx_hash is None else {"txid": "0x" + self.tx_hash.hex()}),
            "password": self.password,
            "shares": self.shares,
            "sender": {"address": address_text(self.sender), "name": self.sender_name, "message": self.message},
            "is_random": self.is_random,
            "total": str(self.total),
            "creation_time": self.created_at_ms,
            "duration": self.duration_s,
            "chainId": self.chain_id,
            **({} if network is None else {"network": network}),
            "token": shown,
        }


def read_packet_post(value: object) -> PacketPost:
    """Read the entry of a post.

    Raises:
        InvalidPacketPost: a required field is missing, or a field has another form than the schema's; it is named.
    """
    fields = Fields(value, where=KEY)
    sender = Fields(fields.required("sender"), where="sender")
    token_value = fields.optional("token")
    token_fields = None if token_value is None else Fields(token_value, where="token")
    version = _version(fields)
    chain_id = _chain_id(fields, token_fields)
    duration = fields.whole("duration", most=2**53)
    return PacketPost(
        packet_id=fields.hex_bytes("rpid", size=32),
        version=version,
        chain_id=chain_id,
        named_contract=fields.text("contract_address", longest=200),
        sender=sender.address("address"),
        sender_name=sender.text("name", longest=_LONGEST_READ),
        message=sender.text("message", longest=_LONGEST_READ),
        is_random=fields.claim("is_random"),
        shares=fields.whole("shares", least=1, most=2**16),
        total=fields.decimal("total"),
        created_at_ms=fields.whole("creation_time", most=2**53),
        duration_s=duration // 1000 if duration >= _LEAST_MS else duration,
        token=_token(fields, token_fields, version),
        network=fields.optional_text("network", longest=64),
        tx_hash=fields.optional_hex("txid", size=32),
        password=fields.optional_text("password", longest=_LONGEST_READ) or "",
    )


def find_packet_posts(meta: Mapping[str, object] | None) -> tuple[object, ...]:
    """The raw entries of fungible packets in a message's metadata: none or one, as a key is there once."""
    return () if meta is None or KEY not in meta else (meta[KEY],)


def _version(fields: Fields) -> PacketVersion:
    number = fields.optional_whole("contract_version", least=1, most=4)
    return PacketVersion(str(number or 1))  # posts of the first version did not say


def _chain_id(fields: Fields, token: Fields | None) -> int | None:
    """Order of trust: the token's chain, the packet's chain, the name of the network (8.1)."""
    for place in (token, fields):
        found = None if place is None else place.optional_whole("chainId", least=1, most=2**53)
        if found is not None:
            return found
    name = fields.optional_text("network", longest=64)
    return None if name is None else chain_of_name(name)


def _token(fields: Fields, token: Fields | None, version: PacketVersion) -> PostedToken | None:
    if token is None:
        is_native = version is PacketVersion.V1 and fields.optional_whole("token_type", most=9) == _NATIVE_TYPE
        return PostedToken(NATIVE) if is_native else None
    return PostedToken(
        address=token.address("address"),
        symbol=token.optional_text("symbol", longest=64),
        decimals=token.optional_whole("decimals", most=77),
        name=token.optional_text("name", longest=256),
    )
