"""Clients of the simulated X for tests: real tweepy, and a recorder that validates what goes over the wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import requests
import tweepy
from requests.adapters import HTTPAdapter

from maskbot.sandbox.x_server.control import XControl, XCredentials
from tests.unit.sandbox.x_openapi import description, foreign_names


class _Elsewhere(HTTPAdapter):
    """Sends what is meant for api.twitter.com to the simulated X; the signature stays as tweepy made it."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = str(request.url).replace("https://api.twitter.com", self.base_url)
        return super().send(request, *args, **kwargs)


def tweepy_client(x: XControl, who: XCredentials) -> tweepy.Client:
    """A tweepy client with OAuth 1.0a user keys."""
    client = tweepy.Client(
        consumer_key=who.consumer_key,
        consumer_secret=who.consumer_secret,
        access_token=who.access_token,
        access_token_secret=who.access_token_secret,
        return_type=dict,
    )
    client.session.mount("https://api.twitter.com", _Elsewhere(x.base_url))
    return client


@dataclass
class Recorder:
    """A response hook of requests: keeps exchanges, and checks each against the API description."""

    version: str = "2.165"
    generation: str = "old"
    seen: list[str] = field(default_factory=list)

    def __call__(self, response: requests.Response, *_args: Any, **_kwargs: Any) -> requests.Response:
        request = response.request
        method, url = str(request.method), str(request.url)
        if "/stream" in url:
            return response
        api = description(self.version)
        is_json = request.headers.get("Content-Type", "") == "application/json"
        # 2.165 does not list the mention event of the Activity API, 2.167 does
        if not (is_json and b"post.mention.create" in (request.body or b"") and self.version == "2.165"):
            api.check_request(method=method, url=url, body=json.loads(request.body or b"null") if is_json else None)
        content_type = response.headers.get("Content-Type", "")
        if response.ok and "json" in content_type:
            body = response.json()
            api.check_answer(method=method, url=url, status=response.status_code, content_type=content_type, body=body)
            assert not foreign_names(body, generation=self.generation)
        self.seen.append(f"{method} {api.path_of(url)}")
        return response
