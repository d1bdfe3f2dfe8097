"""Who calls: OAuth 1.0a user keys (HMAC-SHA1, RFC 5849), OAuth 2 user tokens and the app's bearer token.

The base string is accepted for the address the server was reached at and for X's own hosts, since a client whose transport is
replaced signs for api.twitter.com.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request

from maskbot.sandbox.x_server.model import User
from maskbot.sandbox.x_server.problems import unauthorized
from maskbot.sandbox.x_server.world import World

_HOSTS = ("https://api.twitter.com", "https://api.x.com")
_MAX_SKEW_S = 300


@dataclass(frozen=True, slots=True)
class Caller:
    """`user` is None for the app's own bearer token."""

    user: User | None

    @property
    def name(self) -> str:
        return "app" if self.user is None else self.user.id


@dataclass(slots=True)
class Gate:
    """Tells the caller of a request; remembers OAuth nonces so that a replayed header is refused."""

    world: World
    seen: set[tuple[str, str]] = field(default_factory=set)

    def admit(self, request: Request) -> Caller:
        """Raises Problem 401 for a missing, wrong, replayed or revoked credential."""
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self._by_bearer(rest.strip())
        if scheme.lower() == "oauth":
            return self._by_signature(request, rest)
        raise unauthorized()

    def _by_bearer(self, token: str) -> Caller:
        if token == self.world.app.bearer_token:
            return Caller(None)
        user = self.world.by_token.get(token)
        if user is None or user.is_revoked or user.oauth2_token != token:
            raise unauthorized()
        return Caller(user)

    def _by_signature(self, request: Request, header: str) -> Caller:
        given = {}
        for part in header.split(","):
            name, _, value = part.strip().partition("=")
            given[unquote(name)] = unquote(value.strip('"'))
        signature = given.pop("oauth_signature", "")
        given.pop("realm", None)
        user = self.world.by_token.get(given.get("oauth_token", ""))
        if user is None or user.is_revoked or given.get("oauth_consumer_key") != self.world.app.consumer_key:
            raise unauthorized()
        self._check_fresh(given)
        query = parse_qsl(request.url.query, keep_blank_values=True)
        for origin in (f"{request.url.scheme}://{request.headers.get('host', '')}", *_HOSTS):
            expected = sign(
                method=request.method,
                url=origin + request.url.path,
                pairs=[*query, *given.items()],
                secrets=(self.world.app.consumer_secret, user.access_token_secret),
            )
            if hmac.compare_digest(expected, signature):
                return Caller(user)
        raise unauthorized()

    def _check_fresh(self, given: dict[str, str]) -> None:
        stamp, nonce = given.get("oauth_timestamp", ""), given.get("oauth_nonce", "")
        is_late = (
            not stamp.isdigit() or abs(int(stamp) - (self.world.now_s() - self.world.clock_offset_s)) > _MAX_SKEW_S
        )
        if is_late or not nonce or (stamp, nonce) in self.seen:
            raise unauthorized()
        self.seen.add((stamp, nonce))


def sign(*, method: str, url: str, pairs: list[tuple[str, str]], secrets: tuple[str, str]) -> str:
    """HMAC-SHA1 over the base string of RFC 5849, section 3.4, in base64."""
    encoded = sorted((_escape(name), _escape(value)) for name, value in pairs)
    joined = "&".join(f"{name}={value}" for name, value in encoded)
    base = "&".join((method.upper(), _escape(url), _escape(joined)))
    key = "&".join(_escape(secret) for secret in secrets)
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()


def _escape(text: str) -> str:
    return quote(text, safe="-._~")
