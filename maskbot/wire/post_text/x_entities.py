"""X post text and its entities to plain text and whole links.

Source: social-platforms.md 6.2. Offsets are half-open and count code points. Whether they count before or after unescaping
`&amp;` is an open question (section 12): the reading in which more entities name what stands at their offsets is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from maskbot.wire.post_text.rich_text import RichText, TextBuilder, decode_entities, is_web_link
from maskbot.wire.post_text.shape import Json, objects_in, optional_id_in, text_in


@dataclass(frozen=True, slots=True)
class XText:
    """The body behind the carried mentions, the handles of others named in it, and whether we were merely carried along."""

    body: RichText
    mentions: tuple[str, ...]
    is_own_carried: bool


@dataclass(frozen=True, slots=True)
class _Entity:
    """`shown` stands in the text at [start, end); `link` is what it leads to, None for a mention."""

    start: int
    end: int
    shown: str
    link: str | None
    is_own: bool


def read_x_text(text: str, entities: Json, *, body_start: int, own_id: str, own_handle: str) -> XText:
    """Read one text; `body_start` is the first of `display_text_range`, before which mentions were only carried along."""
    known = sorted(_entities(entities, own_id=own_id, own_handle=own_handle), key=lambda entity: entity.start)
    raw, decode = _best_reading(text, known)
    builder, mentions, position = TextBuilder(), [], max(0, body_start)
    for entity in known:
        if entity.start < position or not _stands_in(raw, entity):
            continue
        builder.text(decode(raw[position : entity.start]))
        position = entity.end
        if entity.link is not None:
            builder.link(entity.link)
        elif entity.is_own:
            builder.own_mention()
        else:
            builder.text(entity.shown)
            mentions.append(entity.shown[1:])
    builder.text(decode(raw[position:]))
    is_own_carried = any(entity.is_own and entity.start < body_start for entity in known)
    return XText(builder.result(), tuple(mentions), is_own_carried)


def _best_reading(text: str, known: Sequence[_Entity]) -> tuple[str, Callable[[str], str]]:
    unescaped = decode_entities(text)
    if sum(_stands_in(unescaped, entity) for entity in known) > sum(_stands_in(text, entity) for entity in known):
        return unescaped, str
    return text, decode_entities


def _stands_in(text: str, entity: _Entity) -> bool:
    found = text[entity.start : entity.end]
    return found == entity.shown or (entity.link is None and found[1:].lower() == entity.shown[1:].lower())


def _entities(entities: Json, *, own_id: str, own_handle: str) -> Iterator[_Entity]:
    for url in objects_in(entities, "urls"):
        place = _place(url)
        shown, link = text_in(url, "url"), text_in(url, "expanded_url")
        if place and shown:
            yield _Entity(*place, shown=shown, link=link if is_web_link(link) else shown, is_own=False)
    for mention in objects_in(entities, "mentions"):
        place = _place(mention)
        handle, user_id = text_in(mention, "username"), optional_id_in(mention, "id")
        if place and handle:
            is_own = user_id == own_id if user_id else handle.lower() == own_handle.lower()
            yield _Entity(*place, shown=f"@{handle}", link=None, is_own=is_own)


def _place(entity: Json) -> tuple[int, int] | None:
    start, end = entity.get("start"), entity.get("end")
    if isinstance(start, int) and isinstance(end, int) and 0 <= start < end:
        return start, end
    return None
