"""Adding an account: register an app, send the operator to the authorize page, exchange the code for a token.

Source: social-platforms.md 4.1. Scopes are the least that do the work; streaming needs `read`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode

import requests
from mastodon import Mastodon
from mastodon.errors import MastodonError, MastodonNetworkError

from maskbot.adapters.mastodon.bounded_http import bounded_session
from maskbot.adapters.mastodon.client import REQUEST_TIMEOUT_S, USER_AGENT
from maskbot.adapters.mastodon.errors import MastodonTokenRefused, MastodonUnavailable
from maskbot.domain.errors import Misconfigured

SCOPES = ("read", "write:statuses", "write:media", "write:accounts", "write:notifications")
SHOW_CODE = "urn:ietf:wg:oauth:2.0:oob"


class NotAServer(Misconfigured):
    """The address does not belong to a server that speaks the Mastodon API."""

    kind = "NotAMastodonServer"


@dataclass(frozen=True, slots=True)
class RegisteredApp:
    """Our app on one server."""

    base_url: str
    client_id: str
    client_secret: str = field(repr=False)


def register_app(
    base_url: str, *, name: str = "maskbot", website: str | None = None, ca_bundle: str | None = None
) -> RegisteredApp:
    """Register an app on the server. Raises: MastodonUnavailable, NotAServer."""
    session = bounded_session(deadline_s=2 * REQUEST_TIMEOUT_S, ca_bundle=ca_bundle)
    try:
        client_id, secret = Mastodon.create_app(
            name,
            scopes=list(SCOPES),
            redirect_uris=SHOW_CODE,
            website=website,
            api_base_url=base_url,
            request_timeout=REQUEST_TIMEOUT_S,
            session=session,
            user_agent=USER_AGENT,
        )
    except MastodonNetworkError as error:
        raise MastodonUnavailable("register an app: the server cannot be reached or gave no usable answer") from error
    except (MastodonError, KeyError, TypeError, ValueError) as error:
        raise NotAServer("register an app: this is no server with a Mastodon API; check the address") from error
    return RegisteredApp(base_url, str(client_id), str(secret))


def authorize_url(app: RegisteredApp) -> str:
    """The page on which the operator, logged in as the bot's account, gets the code. Makes no request."""
    query = {
        "client_id": app.client_id,
        "response_type": "code",
        "redirect_uri": SHOW_CODE,
        "scope": " ".join(SCOPES),
        "force_login": "true",
    }
    return f"{app.base_url}/oauth/authorize?{urlencode(query)}"


def exchange_code(app: RegisteredApp, code: str, *, ca_bundle: str | None = None) -> str:
    """The access token for the code the operator copied.

    Not by the SDK: its `log_in` sends our secret to whatever address the server's metadata names.

    Raises: MastodonTokenRefused (wrong or used code), MastodonUnavailable, NotAServer.
    """
    form = {
        "grant_type": "authorization_code",
        "code": code.strip(),
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "redirect_uri": SHOW_CODE,
        "scope": " ".join(SCOPES),
    }
    session = bounded_session(deadline_s=2 * REQUEST_TIMEOUT_S, ca_bundle=ca_bundle)
    try:
        answer = session.post(
            f"{app.base_url}/oauth/token", data=form, headers={"User-Agent": USER_AGENT}, timeout=REQUEST_TIMEOUT_S
        )
        token = answer.json().get("access_token") if answer.status_code == 200 else None
    except (requests.exceptions.JSONDecodeError, AttributeError, RecursionError) as error:
        raise NotAServer("exchange the code: the answer is no token; check the address") from error
    except requests.RequestException as error:
        raise MastodonUnavailable("exchange the code: the server cannot be reached") from error
    if answer.status_code >= 500 or answer.status_code == 429:
        raise MastodonUnavailable(f"exchange the code: the server does not answer now (HTTP {answer.status_code})")
    if not isinstance(token, str) or not token:
        raise MastodonTokenRefused("exchange the code: the server refuses it; open the page again for a new one")
    return token
