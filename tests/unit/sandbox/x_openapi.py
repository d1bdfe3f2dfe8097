"""Validates exchanges with X against the published API description, in either generation (spec/social-platforms.md, 9.1).

The three traps: parameters are `$ref`s (resolved), 2.167's `nullable` is no JSON Schema (translated), and unknown properties are
allowed in answers (so `foreign_names` looks for the other generation's spelling itself).
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_HERE = Path(__file__).parents[2] / "vectors" / "openapi"
_NEW_OF = {
    "note_tweet": "note_post",
    "referenced_tweets": "referenced_posts",
    "edit_history_tweet_ids": "edit_history_post_ids",
    "tweets": "posts",
}


class ApiDescription:
    """One generation of the API description."""

    def __init__(self, version: str) -> None:
        raw = json.loads((_HERE / f"x-openapi-{version}.json").read_text(encoding="utf-8"))
        self.document: dict[str, Any] = with_null(raw)
        resource = DRAFT202012.create_resource(self.document)
        self.registry: Registry[Any] = Registry().with_resource("urn:x", resource)

    def check_answer(self, *, method: str, url: str, status: int, content_type: str, body: Any) -> None:
        """Fails unless the JSON answer is one that the description allows for this call."""
        path = self.path_of(url)
        key = str(status) if status < 300 else "default"
        media = content_type.split(";")[0]
        self._check(["paths", path, method.lower(), "responses", key, "content", media, "schema"], body)

    def check_request(self, *, method: str, url: str, body: Any) -> None:
        """Fails unless query and JSON body are what the description asks for."""
        path = self.path_of(url)
        operation = self.document["paths"][path][method.lower()]
        known = {}
        for given in operation.get("parameters", ()):
            parameter = self._resolve(given["$ref"]) if "$ref" in given else given
            known[parameter["name"]] = parameter
        query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
        for name, value in query.items():
            assert name in known, f"{method} {path} knows no parameter {name}"
            self._validator(known[name]["schema"]).validate(_typed(value, known[name]["schema"]))
        missing = [n for n, p in known.items() if p.get("required") and p["in"] == "query" and n not in query]
        assert not missing, f"{method} {path} lacks {missing}"
        if body is not None and "requestBody" in operation:
            pointer = ["paths", path, method.lower(), "requestBody", "content", "application/json", "schema"]
            self._check(pointer, body)

    def path_of(self, url: str) -> str:
        """The template of a URL's path; exact paths win over those with ids."""
        path = urlsplit(url).path
        templates = sorted(self.document["paths"], key=lambda template: template.count("{"))
        for template in templates:
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return str(template)
        raise AssertionError(f"the API description has no path {path}")

    def _check(self, pointer: list[str], value: Any) -> None:
        parts = [part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D") for part in pointer]
        self._validator({"$ref": "urn:x#/" + "/".join(parts)}).validate(value)

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        anchored = json.loads(json.dumps(schema).replace('"#/', '"urn:x#/'))
        return Draft202012Validator(anchored, registry=self.registry)

    def _resolve(self, reference: str) -> Any:
        value: Any = self.document
        for part in reference.removeprefix("#/").split("/"):
            value = value[part]
        return value


@cache
def description(version: str) -> ApiDescription:
    return ApiDescription(version)


def with_null(value: Any) -> Any:
    """The document with `nullable: true` said as JSON Schema says it."""
    if isinstance(value, list):
        return [with_null(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    made = {name: with_null(inner) for name, inner in value.items()}
    if made.get("nullable") is True:
        del made["nullable"]
        return {"anyOf": [made, {"type": "null"}]}
    return made


def foreign_names(value: Any, *, generation: str) -> set[str]:
    """Names in a body that belong to the other generation."""
    foreign = set(_NEW_OF.values()) if generation == "old" else set(_NEW_OF)
    if isinstance(value, list):
        return {name for inner in value for name in foreign_names(inner, generation=generation)}
    if isinstance(value, dict):
        inside = {name for inner in value.values() for name in foreign_names(inner, generation=generation)}
        return inside | (set(value) & foreign)
    return set()


def _typed(value: str, schema: dict[str, Any]) -> Any:
    if schema.get("type") == "array":
        return value.split(",")
    return int(value) if schema.get("type") == "integer" else value
