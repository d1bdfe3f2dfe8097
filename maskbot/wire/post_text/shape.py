"""Reading fields of platform JSON whose shape is not trusted; bounds are checked here, before anything is parsed.

Source: social-platforms.md 2.7 and 6. Holds no platform's field names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from maskbot.wire.post_text.errors import PostMalformed, PostTooLarge

LARGEST_TEXT_BYTES = 64 * 1024
LARGEST_LINK_CHARACTERS = LARGEST_TEXT_BYTES
MOST_ITEMS = 100

Json = Mapping[str, object]


def object_in(source: Json, *names: str) -> Json:
    """The first of the named fields that is an object; an empty one when none is."""
    for name in names:
        value = source.get(name)
        if isinstance(value, Mapping):
            return value
    return {}


def objects_in(source: Json, *names: str) -> Iterator[Json]:
    """The objects of the first named field that is a list, at most `MOST_ITEMS`."""
    for name in names:
        values = source.get(name)
        if isinstance(values, list | tuple):
            yield from (value for value in values[:MOST_ITEMS] if isinstance(value, Mapping))
            return


def id_in(source: Json, name: str) -> str:
    """A required id as text. Raises: PostMalformed when it is missing or no id."""
    value = optional_id_in(source, name)
    if value is None:
        raise PostMalformed(f"expected an id in {name!r}, found none")
    return value


def optional_id_in(source: Json, name: str) -> str | None:
    """An id (opaque text of up to 200 characters, or a number), or None."""
    value = source.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = clean(str(value)) if isinstance(value, str) else str(value)
    return text if 0 < len(text) <= 200 else None


def text_in(source: Json, name: str) -> str:
    """A text field without NUL and lone surrogates; empty when absent. Raises: PostTooLarge."""
    value = source.get(name)
    if not isinstance(value, str):
        return ""
    if len(value) > LARGEST_TEXT_BYTES or len(value.encode("utf-8", "surrogatepass")) > LARGEST_TEXT_BYTES:
        raise PostTooLarge(f"a post's {name!r} has more than {LARGEST_TEXT_BYTES} bytes; it is not read")
    return clean(value)


def flag_in(source: Json, name: str) -> bool:
    """Whether the field is exactly true."""
    return source.get(name) is True


def pixels_in(source: Json, name: str) -> int | None:
    """A whole number of pixels from 1 to 65,535; None for anything else (nothing but the choice of pictures depends on it)."""
    value = source.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 16 else None


def time_ms_in(source: Json, name: str) -> int | None:
    """An ISO 8601 time or a datetime as Unix milliseconds; None when absent. Raises: PostMalformed for anything else."""
    value = source.get(name)
    if value is None:
        return None
    if isinstance(value, str) and len(value) <= 40:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime):
        raise PostMalformed(f"expected an ISO 8601 time in {name!r}")
    try:
        return int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp() * 1000)
    except (OverflowError, ValueError, OSError) as error:
        raise PostMalformed(f"the time in {name!r} is out of range") from error


def clean(text: str) -> str:
    """The text as a store can keep it: surrogate pairs joined, lone surrogates and NUL replaced by U+FFFD."""
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\x00", "\ufffd")
