"""HTTP to addresses that strangers name, with all bounds on (reliability.md E11)."""

from __future__ import annotations

from maskbot.adapters.safe_http.addresses import is_public
from maskbot.adapters.safe_http.client import LARGEST_BODY_BYTES, Downloaded, SafeHttp
from maskbot.adapters.safe_http.errors import AddressForbidden, AnswerMalformed, DownloadRefused, HostUnavailable

__all__ = [
    "LARGEST_BODY_BYTES",
    "AddressForbidden",
    "AnswerMalformed",
    "DownloadRefused",
    "Downloaded",
    "HostUnavailable",
    "SafeHttp",
    "is_public",
]
