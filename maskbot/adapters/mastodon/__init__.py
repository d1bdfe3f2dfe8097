"""The one door to Mastodon.py: feeds, publishing, looking people up and adding accounts, on any server that speaks its API.

Source: social-platforms.md 4 and 5. Every failure is one of our families; every answer is bounded in size and time.
"""

from __future__ import annotations

from maskbot.adapters.mastodon.client import Connection
from maskbot.adapters.mastodon.errors import (
    MastodonRefused,
    MastodonTokenRefused,
    MastodonUnavailable,
    MastodonUnconfirmed,
)
from maskbot.adapters.mastodon.feed import MastodonFeed
from maskbot.adapters.mastodon.graph import MastodonGraph
from maskbot.adapters.mastodon.oauth import NotAServer, RegisteredApp, authorize_url, exchange_code, register_app
from maskbot.adapters.mastodon.own_account import OwnAccount
from maskbot.adapters.mastodon.publisher import MastodonPublisher

__all__ = [
    "Connection",
    "MastodonFeed",
    "MastodonGraph",
    "MastodonPublisher",
    "MastodonRefused",
    "MastodonTokenRefused",
    "MastodonUnavailable",
    "MastodonUnconfirmed",
    "NotAServer",
    "OwnAccount",
    "RegisteredApp",
    "authorize_url",
    "exchange_code",
    "register_app",
]
