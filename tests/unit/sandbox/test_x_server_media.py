"""Media upload of the simulated X, in every form of v2."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from maskbot.sandbox.x_server.control import XControl
from tests.unit.sandbox.x_openapi import description
from tests.unit.sandbox.x_process import x, x_process

__all__ = ["x", "x_process"]

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8


@pytest.fixture
def api(x: XControl) -> httpx.Client:
    bot = x.add_user("maskbot")
    headers = {"Authorization": f"Bearer {bot.oauth2_token}"}
    return httpx.Client(base_url=x.base_url, headers=headers, event_hooks={"response": [_check]})


def _check(response: httpx.Response) -> None:
    response.read()
    if response.is_success:
        description("2.165").check_answer(
            method=response.request.method,
            url=str(response.request.url),
            status=response.status_code,
            content_type=response.headers["content-type"],
            body=response.json(),
        )


def test_one_shot_takes_json_and_multipart(x: XControl, api: httpx.Client) -> None:
    fields = {"media_category": "tweet_image", "media_type": "image/png"}
    as_json = api.post("/2/media/upload", json={**fields, "media": base64.b64encode(PNG).decode()}).json()["data"]
    as_form = api.post("/2/media/upload", data=fields, files={"media": ("a.png", PNG)}).json()["data"]
    assert x.media(as_json["id"]) == x.media(as_form["id"]) == PNG
    assert as_form["size"] == len(PNG)


@pytest.mark.parametrize("as_form", [True, False])
def test_segments_join_in_order_and_carry_alt_text(x: XControl, api: httpx.Client, as_form: bool) -> None:
    media_id = _initialize(api, len(PNG))
    for index, part in reversed(list(enumerate((PNG[:1000], PNG[1000:])))):
        url = f"/2/media/upload/{media_id}/append"
        if as_form:
            answer = api.post(url, data={"segment_index": str(index)}, files={"media": ("part", part)})
        else:
            answer = api.post(url, json={"segment_index": index, "media": base64.b64encode(part).decode()})
        assert answer.status_code == 200
    assert api.post(f"/2/media/upload/{media_id}/finalize").json()["data"]["id"] == media_id
    body = {"id": media_id, "metadata": {"alt_text": {"text": "a card"}}}
    assert api.post("/2/media/metadata", json=body).status_code == 200
    made = api.post("/2/tweets", json={"text": "look", "media": {"media_ids": [media_id]}}).json()["data"]
    shown = x.post(made["id"])
    assert shown["media"][0]["alt_text"] == "a card"
    assert shown["media"][0]["bytes"] == len(PNG)
    assert shown["api"]["attachments"] == {"media_keys": [f"3_{media_id}"]}
    assert shown["api"]["display_text_range"] == [0, 4]
    assert x.media(media_id) == PNG


def test_a_missing_segment_is_told_at_finalize(api: httpx.Client) -> None:
    media_id = _initialize(api, len(PNG))
    api.post(f"/2/media/upload/{media_id}/append", data={"segment_index": "1"}, files={"media": ("p", PNG)})
    assert api.post(f"/2/media/upload/{media_id}/finalize").status_code == 400


@pytest.mark.parametrize(
    ("outcome", "ends_as"), [("succeeds", "succeeded"), ("fails", "failed"), ("stays", "in_progress")]
)
def test_processing_goes_on_until_its_end(x: XControl, api: httpx.Client, outcome: str, ends_as: str) -> None:
    x.switch(media_processing=outcome, media_polls=2)
    media_id = _upload(api)
    states = [_status(api, media_id)["state"] for _ in range(3)]
    assert states[0] == "in_progress"
    assert states[-1] == ends_as
    posted = api.post("/2/tweets", json={"text": "look", "media": {"media_ids": [media_id]}})
    assert posted.status_code == (201 if outcome == "succeeds" else 400)


def test_a_picture_of_somebody_else_cannot_be_posted(x: XControl, api: httpx.Client) -> None:
    media_id = _upload(api)
    other = x.add_user("mallory")
    headers = {"Authorization": f"Bearer {other.oauth2_token}"}
    body = {"text": "mine", "media": {"media_ids": [media_id]}}
    assert api.post("/2/tweets", json=body, headers=headers).status_code == 400


def test_the_old_upload_path_is_gone(api: httpx.Client) -> None:
    answer = api.post("/1.1/media/upload.json", files={"media": ("a", PNG)})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_too_large_a_picture_is_refused(api: httpx.Client) -> None:
    body = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": 6 * 1024 * 1024}
    assert api.post("/2/media/upload/initialize", json=body).status_code == 400


def _initialize(api: httpx.Client, size: int) -> str:
    body = {"media_type": "image/png", "media_category": "tweet_image", "total_bytes": size}
    return str(api.post("/2/media/upload/initialize", json=body).json()["data"]["id"])


def _upload(api: httpx.Client) -> str:
    fields = {"media_category": "tweet_image"}
    return str(api.post("/2/media/upload", data=fields, files={"media": ("a", PNG)}).json()["data"]["id"])


def _status(api: httpx.Client, media_id: str) -> dict[str, Any]:
    answer = api.get("/2/media/upload", params={"command": "STATUS", "media_id": media_id})
    info: dict[str, Any] = answer.json()["data"]["processing_info"]
    return info
