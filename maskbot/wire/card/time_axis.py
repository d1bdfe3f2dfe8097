"""The time axis: which moments get a label, and how they are written. UTC and English throughout: the picture travels.

Names of days and months come from here, not from the locale of the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH_WORDS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_HOUR_S, _DAY_S = 3600, 86_400
_MOST_LABELS = 8
_STEPS_S = (300, 600, 900, 1800, _HOUR_S, 2 * _HOUR_S, 3 * _HOUR_S, 4 * _HOUR_S, 6 * _HOUR_S, 12 * _HOUR_S)
_INTERVALS = {
    60: "by the minute",
    300: "5-minute",
    900: "15-minute",
    1800: "30-minute",
    3600: "hourly",
    14400: "4-hour",
    86400: "daily",
    604800: "weekly",
}
_LABEL_ROOM = 44


@dataclass(frozen=True, slots=True)
class TimeLabel:
    """A label centred at `x` pixels."""

    x: float
    text: str


def time_labels(start_s: int, end_s: int, *, left: float, right: float) -> tuple[TimeLabel, ...]:
    """At most eight labels at round moments between start and end, none so near an edge that it would be cut."""
    labels = [
        TimeLabel(round(left + (right - left) * (at.timestamp() - start_s) / (end_s - start_s), 1), text)
        for at, text in _moments(start_s, end_s)
    ]
    inside = [label for label in labels if left + _LABEL_ROOM <= label.x <= right - _LABEL_ROOM]
    step = -(-len(inside) // _MOST_LABELS) or 1
    return tuple(inside[::step])


def interval_words(interval_s: int) -> str | None:
    """How often the series was sampled, in a word; None when it is no usual distance (a tenth off is usual)."""
    for usual, words in _INTERVALS.items():
        if abs(interval_s - usual) * 10 <= usual:
            return words
    return None


def stamp(at_ms: int) -> str:
    """`23 Nov 2026 01:37:12 UTC`."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{at.day} {MONTHS[at.month - 1]} {at.year} {at:%H:%M:%S} UTC"


def stamp_words(at_ms: int) -> str:
    """`01:37:12 UTC, 23 November 2026`."""
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return f"{at:%H:%M:%S} UTC, {at.day} {MONTH_WORDS[at.month - 1]} {at.year}"


def _moments(start_s: int, end_s: int) -> list[tuple[datetime, str]]:
    span_s = end_s - start_s
    if span_s <= 2 * _DAY_S:
        step_s = next((step for step in _STEPS_S if span_s / step <= _MOST_LABELS), _STEPS_S[-1])
        first = -(-start_s // step_s) * step_s
        hours = [datetime.fromtimestamp(at_s, UTC) for at_s in range(first, end_s + 1, step_s)]
        return [(at, f"{at:%H:%M}") for at in hours]
    if span_s <= 120 * _DAY_S:
        step_days = -(-span_s // (_DAY_S * _MOST_LABELS))
        first = -(-start_s // _DAY_S)
        days = [datetime.fromtimestamp(day * _DAY_S, UTC) for day in range(first, end_s // _DAY_S + 1, step_days)]
        if step_days == 1:
            return [(at, f"{DAYS[at.weekday()]} {at.day}") for at in days]
        return [(at, f"{at.day} {MONTHS[at.month - 1]}") for at in days]
    if span_s <= 4 * 366 * _DAY_S:
        return [
            (at, f"{MONTHS[at.month - 1]} {at.year % 100:02}" if at.month == 1 else MONTHS[at.month - 1])
            for at in _months(start_s, end_s)
        ]
    return [(at, str(at.year)) for at in _months(start_s, end_s) if at.month == 1]


def _months(start_s: int, end_s: int) -> list[datetime]:
    at = datetime.fromtimestamp(start_s, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = []
    while at.timestamp() <= end_s:
        if at.timestamp() >= start_s:
            months.append(at)
        at = (at + timedelta(days=32)).replace(day=1)
    return months
