"""A client of the control API, for the tour, the tests and `maskbot sandbox say` (see `routes_people`, `routes_weather`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True, slots=True)
class XCredentials:
    """Everything a client needs to act as one user of the simulated X. Throw-away secrets."""

    id: str
    username: str
    consumer_key: str
    consumer_secret: str
    access_token: str
    access_token_secret: str
    oauth2_token: str
    app_bearer_token: str


class XControl:
    """Acts on a running simulated X from outside the API. Raises httpx.HTTPStatusError when a step is refused."""

    def __init__(self, base_url: str, *, timeout_s: float = 10.0) -> None:
        self.base_url = base_url.rstrip("/")
        self._http = httpx.Client(base_url=f"{self.base_url}/_sandbox/", timeout=timeout_s, trust_env=False)

    def close(self) -> None:
        self._http.close()

    def health(self) -> dict[str, Any]:
        return self._call("GET", "health")

    def reset(self) -> None:
        self._call("POST", "reset")

    def advance_clock(self, seconds: float) -> None:
        self._call("POST", "clock", {"advance_s": seconds})

    def add_user(self, username: str, **settings: Any) -> XCredentials:
        """Settings: `id`, `name`, `description`, `is_protected`, `is_premium`."""
        return _credentials(self._call("POST", "users", {"username": username, **settings}))

    def users(self) -> list[XCredentials]:
        return [_credentials(user) for user in self._list("GET", "users")]

    def change_user(self, username: str, **settings: Any) -> None:
        """Settings: `name`, `description`, `is_protected`, `is_premium`, `is_suspended`, `is_revoked`."""
        self._call("PATCH", f"users/{username}", settings)

    def follow(self, username: str, *, user: str) -> None:
        self._call("POST", "follows", {"as": username, "user": user})

    def block(self, username: str, *, user: str) -> None:
        self._call("POST", "blocks", {"as": username, "user": user})

    def add_list(self, owner: str, *, members: list[str]) -> str:
        return str(self._call("POST", "lists", {"as": owner, "members": members})["id"])

    def set_app_owner(self, username: str) -> None:
        self._call("POST", "app", {"owner": username})

    def say(self, username: str, text: str, **links: Any) -> dict[str, Any]:
        """Posts as a person at the website; `reply_to`, `quote_of`, `edit_of`, `carries_mentions`."""
        return self._call("POST", "posts", {"as": username, "text": text, **links})

    def repost(self, username: str, post_id: str) -> dict[str, Any]:
        return self._call("POST", "posts", {"as": username, "repost_of": post_id})

    def posts(self, **filters: str) -> list[dict[str, Any]]:
        """Posts in order, links whole, deleted ones too unless `viewer` is given; also `author`, `reply_to`."""
        if "viewer" in filters:
            filters["as"] = filters.pop("viewer")
        return list(self._list("GET", "posts", params=filters))

    def post(self, post_id: str) -> dict[str, Any]:
        return self._call("GET", f"posts/{post_id}")

    def replies_to(self, post_id: str) -> list[dict[str, Any]]:
        return [post for post in self.posts(reply_to=post_id) if not post["is_deleted"]]

    def delete_post(self, post_id: str) -> None:
        self._call("DELETE", f"posts/{post_id}")

    def media(self, media_id: str) -> bytes:
        return self._http.get(f"media/{media_id}").raise_for_status().content

    def send_message(self, username: str, *, to: str, text: str) -> None:
        self._call("POST", "messages", {"as": username, "to": to, "text": text})

    def messages(self, username: str) -> list[dict[str, Any]]:
        return list(self._list("GET", "messages", params={"as": username}))

    def add_fault(self, effect: str, **rule: Any) -> None:
        """One rule of `faults.Fault`: `method`, `path` (glob), `count`, `skip`, `after`, `status`, `reset`, `seconds`, ..."""
        self._call("POST", "faults", {"effect": effect, **rule})

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def faults_struck(self) -> int:
        return int(self._call("GET", "faults")["struck"])

    def switch(self, **switches: Any) -> None:
        """Sets fields of `model.Switches`."""
        self._call("PATCH", "switches", switches)

    def ledger(self) -> dict[str, Any]:
        return self._call("GET", "ledger")

    def calls(self) -> dict[str, dict[str, int]]:
        """`calls` and `over_budget`, both by route; restarted by `clear_calls`."""
        return self._call("GET", "calls")

    def clear_calls(self) -> None:
        self._call("DELETE", "calls")

    def close_streams(self) -> int:
        return int(self._call("DELETE", "streams")["closed"])

    def _call(
        self, method: str, path: str, body: Any = None, *, params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        return dict(self._list(method, path, body, params=params))

    def _list(self, method: str, path: str, body: Any = None, *, params: dict[str, str] | None = None) -> Any:
        return self._http.request(method, path, json=body, params=params).raise_for_status().json()


def _credentials(user: dict[str, Any]) -> XCredentials:
    return XCredentials(**{name: str(user[name]) for name in XCredentials.__slots__})
