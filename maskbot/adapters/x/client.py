"""One account's calls: signed, bounded, translated; and the rate-limit headers told to whoever keeps the budget.

Every call goes through `tweepy.Client.request`, save multipart uploads, which tweepy has not (spec/social-platforms.md, 3).
`wait_on_rate_limit` is never used: it retries at once, recursively, when X names no reset.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import requests
import tweepy

from maskbot.adapters.x.errors import XRefused, lost, translate
from maskbot.adapters.x.keys import XKeys
from maskbot.adapters.x.transport import TWEEPY_HOST, XSession

Json = dict[str, Any]
Method = Literal["GET", "POST", "DELETE"]

for _talkative in ("tweepy", "oauthlib", "requests_oauthlib"):
    logging.getLogger(_talkative).setLevel(logging.INFO)  # their debug lines hold tokens and post texts


@dataclass(frozen=True, slots=True)
class RateBudget:
    """What X said of one limit: `call` is like `GET /2/users/:id/mentions`; `resets_at_s` is Unix time in seconds."""

    call: str
    limit: int
    remaining: int
    resets_at_s: int


class XClient:
    """The calls of one account. May be shared by threads: it keeps no state between calls."""

    def __init__(
        self,
        keys: XKeys,
        *,
        session: XSession,
        on_budget: Callable[[RateBudget], None] | None = None,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self.session = session
        self.now_s = now_s
        self._keys = keys
        self._on_budget = on_budget
        self._tweepy = tweepy.Client(
            bearer_token=keys.oauth2_token or None,
            consumer_key=keys.consumer_key or None,
            consumer_secret=keys.consumer_secret or None,
            access_token=keys.access_token or None,
            access_token_secret=keys.access_token_secret or None,
            return_type=requests.Response,
            wait_on_rate_limit=False,
        )
        self._tweepy.session.close()
        self._tweepy.session = session

    def get(self, call: str, *, params: Mapping[str, str] | None = None, **ids: str) -> Json:
        """A read; `call` is a route with `:names`, filled from `ids`. Raises Unavailable, Refused or Misconfigured."""
        return self._call("GET", call, ids=ids, params=params)

    def post(self, call: str, *, body: Json, may_have_acted: bool, **ids: str) -> Json:
        """A write. With `may_have_acted` an unclear outcome raises Unconfirmed; without, the call is safe to repeat."""
        return self._call("POST", call, ids=ids, body=body, may_have_acted=may_have_acted)

    def delete(self, call: str, **ids: str) -> Json:
        """A removal; safe to repeat."""
        return self._call("DELETE", call, ids=ids)

    def upload(self, call: str, *, fields: Mapping[str, str], media: bytes, **ids: str) -> Json:
        """A multipart POST with one file `media`; safe to repeat."""
        route = _fill(call, ids)
        if self._keys.has_oauth1:
            handler = tweepy.OAuth1UserHandler(
                self._keys.consumer_key,
                self._keys.consumer_secret,
                self._keys.access_token,
                self._keys.access_token_secret,
            )
            how: Json = {"auth": handler.apply_auth()}
        else:
            how = {"headers": {"Authorization": f"Bearer {self._keys.oauth2_token}"}}
        try:
            response = self.session.request(
                "POST", TWEEPY_HOST + route, data=dict(fields), files={"media": ("media", media)}, **how
            )
        except requests.RequestException as error:
            raise lost(error, may_have_acted=False) from error
        return self._read(response, call=f"POST {call}", may_have_acted=False)

    def _call(
        self,
        method: Method,
        call: str,
        *,
        ids: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        body: Json | None = None,
        may_have_acted: bool = False,
    ) -> Json:
        try:
            response = self._tweepy.request(
                method, _fill(call, ids), params=params, json=body, user_auth=self._keys.has_oauth1
            )
        except tweepy.HTTPException as error:
            response = error.response
            self._tell(f"{method} {call}", response)
            raise translate(response, may_have_acted=may_have_acted, now_s=self.now_s()) from error
        except requests.RequestException as error:
            raise lost(error, may_have_acted=may_have_acted) from error
        return self._read(response, call=f"{method} {call}", may_have_acted=may_have_acted)

    def _read(self, response: requests.Response, *, call: str, may_have_acted: bool) -> Json:
        self._tell(call, response)
        if not 200 <= response.status_code < 300:
            raise translate(response, may_have_acted=may_have_acted, now_s=self.now_s())
        try:
            value = json.loads(response.content)
        except (ValueError, RecursionError) as error:
            raise lost(error, may_have_acted=may_have_acted) from error
        if not isinstance(value, dict):
            raise lost(TypeError("not a JSON object"), may_have_acted=may_have_acted)
        return value

    def _tell(self, call: str, response: requests.Response) -> None:
        names = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")
        values = [response.headers.get(name, "") for name in names]
        if self._on_budget is not None and all(
            value.isascii() and value.isdecimal() and len(value) < 13 for value in values
        ):
            self._on_budget(RateBudget(call, *map(int, values)))


def _fill(call: str, ids: Mapping[str, str]) -> str:
    """The route with its ids put in; an id is digits, letters and `_` only, so that it cannot change the route."""
    route = call
    for name, value in ids.items():
        if not (value.isascii() and value.replace("_", "").isalnum()):
            raise XRefused(f"not an id of X: {value[:40]!r}")
        route = route.replace(f":{name}", value)
    return route
