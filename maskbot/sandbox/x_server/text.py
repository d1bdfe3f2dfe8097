"""Post text as X keeps and shows it: segments, weighted length, t.co links, entities, cut copies.

Pure. Independent of `maskbot.wire.post_text` on purpose: two readings of spec/social-platforms.md (6.2, 6.3) must agree.
A text is split once into segments; every later step (weight, shortening, escapes, offsets) walks over them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

MAX_WEIGHT = 280
MAX_PREMIUM_WEIGHT = 25_000
URL_WEIGHT = 23
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))

Kind = Literal["plain", "url", "mention", "hashtag", "cashtag"]
UserIdOf = Callable[[str], str | None]

_BARE = r"(?:[a-z0-9][a-z0-9-]*\.)+(?:com|org|net|io|dev|app|xyz|social|finance|me|co)(?![a-z0-9.@-]*[a-z0-9@])"
_TAIL = r"(?:/[a-z0-9!*';:=+,.$/%#\[\]~@|&_()\-]*)?(?:\?[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]*)?(?:#[^\s]*)?"
_TOKEN = re.compile(
    rf"(?P<url>https?://[a-z0-9.-]+(?::\d+)?{_TAIL}|(?<![a-z0-9@$#./_-]){_BARE}{_TAIL})"
    r"|(?<![a-z0-9_!#$%&*@])@(?P<mention>[a-z0-9_]{1,15})(?![a-z0-9_@])"
    r"|(?<![^\s])\$(?P<cashtag>[a-z]{1,6}(?:[._][a-z]{1,2})?)(?=$|[\s!-/:-@\[-`{-~])"
    r"|(?<![&\w])#(?P<hashtag>\w*[^\W\d_]\w*)",
    re.IGNORECASE,
)
_URL_END = re.compile(r"[=_#/+\-a-z0-9&]", re.IGNORECASE)
_PICTO = (
    "[\U0001f000-\U0001fbff\u2600-\u27bf\u2300-\u23ff\u2b05-\u2b55\u3030\u303d\u3297\u3299\u2190-\u21ff\u00a9\u00ae]"
)
_EMOJI = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|"
    f"{_PICTO}[\ufe0f\U0001f3fb-\U0001f3ff]?[\U000e0020-\U000e007f]*"
    f"(?:\u200d{_PICTO}[\ufe0f\U0001f3fb-\U0001f3ff]?)*"
)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of text; `target` is the whole URL, the username or the tag."""

    kind: Kind
    raw: str
    target: str = ""
    media_key: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """Text as the API gives it, with its entities; `marks[i]` is the offset where segment i starts."""

    text: str
    entities: dict[str, list[dict[str, Any]]]
    marks: tuple[int, ...]


def split(text: str) -> list[Segment]:
    """Cuts a text into segments whose `raw` parts join to it again."""
    segments: list[Segment] = []
    at = 0
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup
        raw = found.group(0)
        if kind == "url":
            while raw and not _URL_END.fullmatch(raw[-1]):
                raw = raw[:-1]
        if found.start() > at:
            segments.append(Segment("plain", text[at : found.start()]))
        match kind:
            case "url":
                whole = raw if "://" in raw else "http://" + raw
                segments.append(Segment("url", raw, whole))
            case "mention":
                segments.append(Segment("mention", raw, raw[1:]))
            case "cashtag":
                segments.append(Segment("cashtag", raw, raw[1:]))
            case _:
                segments.append(Segment("hashtag", raw, raw[1:]))
        at = found.start() + len(raw)
    if at < len(text):
        segments.append(Segment("plain", text[at:]))
    return segments


def weigh(text: str) -> int:
    """Weighted length: URLs 23, light ranges 1, an emoji sequence 2, everything else 2; after NFC."""
    return sum(_weigh_segment(segment) for segment in split(unicodedata.normalize("NFC", text)))


def count_cashtags(text: str) -> int:
    return sum(1 for segment in split(text) if segment.kind == "cashtag")


def has_url(text: str) -> bool:
    return any(segment.kind == "url" for segment in split(text))


@lru_cache(maxsize=20_000)
def mentioned(text: str) -> tuple[str, ...]:
    """Usernames named in the text, in lower case, in order."""
    return tuple(segment.target.lower() for segment in split(text) if segment.kind == "mention")


def show(segments: Iterable[Segment], *, link_seed: str, user_id_of: UserIdOf, offsets_in_escaped: bool) -> Shown:
    """Shortens links, escapes `&<>` and counts entity offsets in code points."""
    out: list[str] = []
    marks: list[int] = []
    entities: dict[str, list[dict[str, Any]]] = {}
    at = 0
    for index, segment in enumerate(segments):
        plain = shorten(segment.target, seed=f"{link_seed}:{index}") if segment.kind == "url" else segment.raw
        escaped = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        length = len(escaped if offsets_in_escaped else plain)
        marks.append(at)
        _add_entity(entities, segment, shown=plain, start=at, end=at + length, user_id_of=user_id_of)
        out.append(escaped)
        at += length
    return Shown("".join(out), entities, tuple(marks))


def cut(segments: Iterable[Segment], *, self_url: str) -> list[Segment]:
    """The first 280 weights of a long post, ended by an ellipsis and a link to itself, as `text` shows it."""
    room = MAX_WEIGHT - URL_WEIGHT - 3
    kept: list[Segment] = []
    for segment in segments:
        weight = _weigh_segment(segment)
        if weight > room:
            if segment.kind == "plain":
                kept.append(Segment("plain", _cut_plain(segment.raw, room)))
            break
        kept.append(segment)
        room -= weight
    return [*kept, Segment("plain", "… "), Segment("url", self_url, self_url)]


def shorten(url: str, *, seed: str) -> str:
    digest = hashlib.sha256(f"{seed}:{url}".encode()).digest()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "https://t.co/" + "".join(alphabet[byte % 62] for byte in digest[:10])


def display_url(url: str) -> str:
    bare = re.sub(r"^https?://(?:www\.)?", "", url)
    return bare if len(bare) <= 27 else bare[:26] + "…"


def _add_entity(
    entities: dict[str, list[dict[str, Any]]],
    segment: Segment,
    *,
    shown: str,
    start: int,
    end: int,
    user_id_of: UserIdOf,
) -> None:
    span: dict[str, Any] = {"start": start, "end": end}
    match segment.kind:
        case "url":
            link = {"url": shown, "expanded_url": segment.target, "display_url": display_url(segment.target)}
            if segment.media_key:
                link["media_key"] = segment.media_key
            entities.setdefault("urls", []).append(span | link)
        case "mention":
            user_id = user_id_of(segment.target)
            if user_id is not None:
                entities.setdefault("mentions", []).append(span | {"username": segment.target, "id": user_id})
        case "hashtag":
            entities.setdefault("hashtags", []).append(span | {"tag": segment.target})
        case "cashtag":
            entities.setdefault("cashtags", []).append(span | {"tag": segment.target})
        case "plain":
            pass


def _weigh_segment(segment: Segment) -> int:
    if segment.kind == "url":
        return URL_WEIGHT
    plain = _EMOJI.sub("\U0001f3bc", segment.raw)
    return sum(1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2 for char in plain)


def _cut_plain(text: str, room: int) -> str:
    kept = 0
    for char in text:
        room -= 1 if any(low <= ord(char) <= high for low, high in _LIGHT) else 2
        if room < 0:
            break
        kept += 1
    return text[:kept]
