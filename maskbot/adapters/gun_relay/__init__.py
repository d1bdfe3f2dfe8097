"""The one door to GUN relays (package `websockets`): a synchronous client for several relays at once."""

from __future__ import annotations

from maskbot.adapters.gun_relay.relays import GunRelays, RelayUnavailable, WriteUnconfirmed

__all__ = ["GunRelays", "RelayUnavailable", "WriteUnconfirmed"]
