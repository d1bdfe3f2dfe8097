"""Puts the parts of one X account together over one session."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from maskbot.adapters.x.activity import SILENCE_S, ActivityStream
from maskbot.adapters.x.client import RateBudget, XClient
from maskbot.adapters.x.feed import XFeed
from maskbot.adapters.x.graph import XGraph
from maskbot.adapters.x.keys import XKeys
from maskbot.adapters.x.media import MediaUpload
from maskbot.adapters.x.names import FieldNames
from maskbot.adapters.x.people import People
from maskbot.adapters.x.publisher import XPublisher
from maskbot.adapters.x.self_knowledge import SelfKnowledge
from maskbot.adapters.x.transport import TIMEOUT_S, XSession
from maskbot.domain.post import PostLimits
from maskbot.wire.post_text import X_LIMITS

BASE_URL = "https://api.x.com"


@dataclass(frozen=True, slots=True)
class XAccount:
    """One account's three ports, and `close` for its connections."""

    feed: XFeed
    publisher: XPublisher
    graph: XGraph
    close: Callable[[], None]


def connect(
    keys: XKeys,
    *,
    base_url: str = BASE_URL,
    field_names: FieldNames = FieldNames.OLD,
    limits: PostLimits = X_LIMITS,
    on_budget: Callable[[RateBudget], None] | None = None,
    now_s: Callable[[], float] = time.time,
    timeout_s: tuple[float, float] = TIMEOUT_S,
    silence_s: float = SILENCE_S,
    session: XSession | None = None,
) -> XAccount:
    """Makes the parts; calls nothing yet. `timeout_s` is (connect, read); `silence_s` is the watchdog of the stream.
    A given `session` is used in place of one made from `base_url` and `timeout_s`.

    Raises Misconfigured for a base URL that is neither https nor on loopback.
    """
    session = session or XSession(base_url, timeout_s=timeout_s)
    client = XClient(keys, session=session, on_budget=on_budget, now_s=now_s)
    myself, people = SelfKnowledge(client), People(client)
    activity = ActivityStream(client, session=session, bearer_token=keys.app_bearer_token, silence_s=silence_s)
    publisher = XPublisher(
        client, myself=myself, people=people, names=field_names, media=MediaUpload(client), limits=limits
    )
    return XAccount(
        feed=XFeed(client, myself=myself, people=people, names=field_names, activity=activity),
        publisher=publisher,
        graph=XGraph(client, people=people),
        close=session.close,
    )
