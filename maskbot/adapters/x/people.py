"""X users, looked up once a day at most: a read of a user costs ten times a read of a mention (spec/social-platforms.md, 2.2)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any

from maskbot.adapters.x.client import XClient

Json = dict[str, Any]
FIELDS = {"user.fields": "description,entities,url"}
KEPT_S = 86_400.0
MOST_KEPT = 10_000
_MOST_IDS = 100


class People:
    """A bounded cache of user objects by id, shared by the threads of one account."""

    def __init__(self, client: XClient) -> None:
        self._client = client
        self._kept: OrderedDict[str, tuple[float, Json]] = OrderedDict()
        self._lock = Lock()

    def remember(self, user: Mapping[str, Any]) -> None:
        """Keeps a user object that came along with something else."""
        user_id = user.get("id")
        if not isinstance(user_id, str):
            return
        with self._lock:
            self._kept[user_id] = (self._client.now_s(), dict(user))
            self._kept.move_to_end(user_id)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)

    def fetch(self, user_ids: Iterable[str]) -> list[Json]:
        """The users with these ids that exist; only unknown ones are asked for. Raises as `XClient.get`."""
        wanted = list(dict.fromkeys(user_ids))
        missing = [user_id for user_id in wanted if self._known(user_id) is None and user_id.isdecimal()]
        for start in range(0, len(missing), _MOST_IDS):
            ids = ",".join(missing[start : start + _MOST_IDS])
            answer = self._client.get("/2/users", params={"ids": ids, **FIELDS})
            found = answer.get("data")
            for user in found if isinstance(found, list) else ():
                if isinstance(user, dict):
                    self.remember(user)
        return [user for user in map(self._known, wanted) if user is not None]

    def _known(self, user_id: str) -> Json | None:
        with self._lock:
            kept = self._kept.get(user_id)
        if kept is None or kept[0] + KEPT_S < self._client.now_s():
            return None
        return kept[1]
