"""Media upload of v2: one shot, or initialize / append / finalize / status; then metadata (spec/social-platforms.md, 2.1)."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from starlette.datastructures import UploadFile
from starlette.responses import Response

from maskbot.sandbox.x_server.calls import Call, ok
from maskbot.sandbox.x_server.model import Media
from maskbot.sandbox.x_server.problems import Problem, invalid

MAX_IMAGE_BYTES = 5 * 1024 * 1024
MAX_GIF_BYTES = 15 * 1024 * 1024
MAX_ALT_CHARS = 1_000
_CATEGORIES = frozenset(
    {"amplify_video", "tweet_gif", "tweet_image", "tweet_video", "dm_gif", "dm_image", "dm_video", "subtitles"}
)
_TYPES = frozenset(
    {"image/jpeg", "image/gif", "image/bmp", "image/png", "image/webp", "image/pjpeg", "image/tiff", "video/mp4"}
)


async def upload(call: Call) -> Response:
    fields = await _fields(call)
    category = fields.get("media_category")
    if category not in ("tweet_image", "dm_image", "subtitles"):
        raise invalid("media_category", category, "media_category is not one of the allowed values.")
    content = _content(fields.get("media"))
    media = Media(call.world.next_id(), call.user.id, str(fields.get("media_type", "image/png")), len(content))
    media.parts["0"] = base64.b64encode(content).decode()
    _finish(call, media)
    return ok(_answer(call, media))


async def initialize(call: Call) -> Response:
    body = await call.json()
    category, media_type, total = body.get("media_category"), body.get("media_type"), body.get("total_bytes")
    if category not in _CATEGORIES:
        raise invalid("media_category", category, "media_category is not one of the allowed values.")
    if media_type not in _TYPES:
        raise invalid("media_type", media_type, "media_type is not one of the allowed values.")
    if not isinstance(total, int) or total <= 0:
        raise invalid("total_bytes", total, "total_bytes must be a positive integer.")
    _check_size(str(media_type), total)
    media = Media(call.world.next_id(), call.user.id, str(media_type), total)
    call.world.save(media)
    return ok(_answer(call, media))


async def append(call: Call) -> Response:
    media = _own(call, call.request.path_params["id"])
    fields = await _fields(call)
    index = str(fields.get("segment_index", ""))
    if not index.isdigit() or int(index) > 999:
        raise invalid("segment_index", index, "segment_index must be 0 to 999.")
    media.parts[index] = base64.b64encode(_content(fields.get("media"))).decode()
    call.world.save(media)
    return ok({"data": {"expires_at": int(call.world.now_s()) + 86_400}, "meta": {}})


async def finalize(call: Call) -> Response:
    media = _own(call, call.request.path_params["id"])
    size = len(media.content)
    if size != media.total_bytes or sorted(map(int, media.parts)) != list(range(len(media.parts))):
        raise invalid("id", media.id, f"Segments do not add up to total size: {size} of {media.total_bytes} bytes.")
    _finish(call, media)
    return ok(_answer(call, media))


async def status(call: Call) -> Response:
    media = _own(call, call.request.query_params.get("media_id", ""))
    if media.state in ("pending", "in_progress"):
        media.polls_left -= 1
        media.state = "in_progress"
        if media.polls_left <= 0 and call.world.switches.media_processing != "stays":
            media.state = "failed" if call.world.switches.media_processing == "fails" else "succeeded"
        call.world.save(media)
    return ok(_answer(call, media))


async def metadata(call: Call) -> Response:
    body = await call.json()
    media = _own(call, str(body.get("id", "")))
    alt = ((body.get("metadata") or {}).get("alt_text") or {}).get("text", "")
    if not isinstance(alt, str) or len(alt) > MAX_ALT_CHARS:
        raise invalid("metadata.alt_text.text", len(str(alt)), f"Alt text is at most {MAX_ALT_CHARS} characters.")
    media.alt_text = alt
    call.world.save(media)
    return ok({"data": {"id": media.id, "associated_metadata": {"alt_text": {"text": alt}}}})


def _own(call: Call, media_id: str) -> Media:
    media = call.world.media.get(media_id)
    if media is None or media.owner_id != call.user.id:
        raise Problem(404, "Not Found", f"Could not find media with id: [{media_id[:40]}].")
    return media


async def _fields(call: Call) -> dict[str, Any]:
    """The body's fields, from JSON or multipart."""
    if call.request.headers.get("content-type", "").startswith("multipart/form-data"):
        made: dict[str, Any] = {}
        async with call.request.form(max_files=1, max_fields=10) as form:
            for name, value in form.items():
                made[name] = await value.read() if isinstance(value, UploadFile) else value
        return made
    return await call.json()


def _content(value: object) -> bytes:
    if isinstance(value, bytes) and value:
        return value
    if isinstance(value, str) and value:
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            pass
    raise invalid("media", "", "media must be a file or base64 text.")


def _check_size(media_type: str, size: int) -> None:
    if size > (MAX_GIF_BYTES if media_type == "image/gif" else MAX_IMAGE_BYTES):
        raise invalid("total_bytes", size, "File size exceeds the maximum for this media type.")


def _finish(call: Call, media: Media) -> None:
    _check_size(media.media_type, len(media.content))
    media.is_final = True
    if call.world.switches.media_processing != "none":
        media.state, media.polls_left = "pending", call.world.switches.media_polls
    call.world.save(media)


def _answer(call: Call, media: Media) -> dict[str, Any]:
    data: dict[str, Any] = {
        "id": media.id,
        "media_key": f"3_{media.id}",
        "size": media.total_bytes,
        "expires_after_secs": 86_400,
    }
    if media.is_final and media.state is not None:
        done = {"pending": 0, "in_progress": 50, "succeeded": 100, "failed": 50}[media.state]
        info: dict[str, Any] = {"state": media.state, "progress_percent": done}
        if media.state in ("pending", "in_progress"):
            info["check_after_secs"] = call.world.switches.check_after_s
        if call.world.switches.field_names == "old":
            info["type"] = "processing_info"  # required by 2.165, forbidden by 2.167
        data["processing_info"] = info
    return {"data": data, "meta": {}}
