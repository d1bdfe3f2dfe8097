"""Platform text to posts, links and the words of a request; and how long a text is for each platform. Pure.

Source: social-platforms.md 6. Carriers of payloads are found in the texts and links by `maskbot.wire.payload`, which this room
does not know.
"""

from __future__ import annotations

from maskbot.wire.post_text.cut_payload import shows_cut_payload
from maskbot.wire.post_text.errors import PostMalformed, PostTooLarge
from maskbot.wire.post_text.html import read_html
from maskbot.wire.post_text.length import X_LIMITS, cashtag_count, fits, mastodon_length, post_length, x_length
from maskbot.wire.post_text.mastodon_post import read_account, read_notification, read_status, status_time_ms
from maskbot.wire.post_text.read_post import Naming, ReadPost
from maskbot.wire.post_text.request_words import RequestWords, read_request
from maskbot.wire.post_text.rich_text import RichText
from maskbot.wire.post_text.x_post import read_x_page, read_x_post

__all__ = [
    "X_LIMITS",
    "Naming",
    "PostMalformed",
    "PostTooLarge",
    "ReadPost",
    "RequestWords",
    "RichText",
    "cashtag_count",
    "fits",
    "mastodon_length",
    "post_length",
    "read_account",
    "read_html",
    "read_notification",
    "read_request",
    "read_status",
    "read_x_page",
    "read_x_post",
    "shows_cut_payload",
    "status_time_ms",
    "x_length",
]
