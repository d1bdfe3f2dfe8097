"""Documented rate limits as fixed windows, with the headers that agree with them (spec/social-platforms.md, 2.1 and 2.4)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from maskbot.sandbox.x_server.model import Switches

WINDOW_S = 900
DAY_S = 86_400
DEFAULT_LIMIT = 300
PER_USER = {
    "GET /2/users/:id/mentions": 300,
    "POST /2/tweets": 100,
    "DELETE /2/tweets/:id": 50,
    "GET /2/users/me": 75,
    "POST /2/dm_conversations/with/:id/messages": 15,
    "GET /2/users/:id/tweets": 900,
    "GET /2/users/:id/timelines/reverse_chronological": 180,
    "GET /2/lists/:id/tweets": 900,
    "GET /2/tweets/:id": 900,
    "GET /2/tweets": 5000,
    "GET /2/users/by/username/:username": 900,
    "GET /2/users/:id": 900,
    "GET /2/tweets/:id/retweeted_by": 75,
    "POST /2/media/upload/:id/append": 500,
    "POST /2/media/upload": 500,
}
PER_APP = {"GET /2/users/:id/mentions": 450}
PER_APP_AND_DAY = {"POST /2/tweets": 10_000}
PER_USER_AND_DAY = {"POST /2/dm_conversations/with/:id/messages": 1_440}


@dataclass(slots=True)
class Limits:
    """Windows start with their first call. `calls` and `over` count what came and what came beyond the budget."""

    windows: dict[tuple[str, str, str], tuple[float, int]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    over: Counter[str] = field(default_factory=Counter)

    def count(self, route: str, *, caller: str, now_s: float, switches: Switches) -> tuple[bool, dict[str, str]]:
        """Counts one call; returns whether it is within every limit, and the headers to send."""
        self.calls[route] += 1
        if not switches.has_limits:
            return True, {}
        limit = switches.limit_overrides.get(route, PER_USER.get(route, DEFAULT_LIMIT))
        used, reset_s = self._take((route, caller, "15min"), now_s=now_s, length_s=WINDOW_S)
        headers = {
            "x-rate-limit-limit": str(limit),
            "x-rate-limit-remaining": str(max(0, limit - used)),
            "x-rate-limit-reset": str(int(reset_s)),
        }
        is_within = used <= limit
        if route in PER_APP:
            shared, _ = self._take((route, "*", "15min"), now_s=now_s, length_s=WINDOW_S)
            is_within = is_within and shared <= PER_APP[route]
        for table, who, name in ((PER_APP_AND_DAY, "*", "app"), (PER_USER_AND_DAY, caller, "user")):
            if route in table:
                daily, day_reset_s = self._take((route, who, "24h"), now_s=now_s, length_s=DAY_S)
                headers[f"x-{name}-limit-24hour-limit"] = str(table[route])
                headers[f"x-{name}-limit-24hour-remaining"] = str(max(0, table[route] - daily))
                headers[f"x-{name}-limit-24hour-reset"] = str(int(day_reset_s))
                is_within = is_within and daily <= table[route]
        if not is_within:
            self.over[route] += 1
        return is_within, headers

    def _take(self, key: tuple[str, str, str], *, now_s: float, length_s: int) -> tuple[int, float]:
        start_s, used = self.windows.get(key, (now_s, 0))
        if now_s >= start_s + length_s:
            start_s, used = now_s, 0
        self.windows[key] = (start_s, used + 1)
        return used + 1, start_s + length_s
