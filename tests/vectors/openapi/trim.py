"""Cuts X's published OpenAPI files down to the endpoints we use and the schemas those refer to.

    python tests/vectors/openapi/trim.py DIRECTORY_WITH_THE_FULL_FILES

writes `x-openapi-2.165.json` and `x-openapi-2.167.json` beside this script. Origin: X's developer site, versions 2.165 and 2.167;
both files name the X Developer Agreement and Policy as their licence. Test data only: never shipped in the package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

VERSIONS = ("2.165", "2.167")
ENDPOINTS = {
    "/2/users/me": ("get",),
    "/2/users": ("get",),
    "/2/users/by/username/{username}": ("get",),
    "/2/users/{id}": ("get",),
    "/2/users/{id}/mentions": ("get",),
    "/2/users/{id}/tweets": ("get",),
    "/2/users/{id}/timelines/reverse_chronological": ("get",),
    "/2/lists/{id}/tweets": ("get",),
    "/2/tweets": ("get", "post"),
    "/2/tweets/{id}": ("get", "delete"),
    "/2/tweets/{id}/retweeted_by": ("get",),
    "/2/media/upload": ("get", "post"),
    "/2/media/upload/initialize": ("post",),
    "/2/media/upload/{id}/append": ("post",),
    "/2/media/upload/{id}/finalize": ("post",),
    "/2/media/metadata": ("post",),
    "/2/activity/subscriptions": ("get", "post"),
    "/2/activity/subscriptions/{subscription_id}": ("delete",),
    "/2/activity/stream": ("get",),
    "/2/dm_conversations/with/{participant_id}/messages": ("post",),
    "/2/dm_conversations/with/{participant_id}/dm_events": ("get",),
    "/2/dm_events": ("get",),
}
_PROSE = frozenset({"description", "example", "examples", "summary", "externalDocs", "tags"})


def trim(whole: dict[str, Any]) -> dict[str, Any]:
    """The same document with only our endpoints, without prose, and with the components that are still referred to."""
    paths = {
        path: {verb: _without_prose(whole["paths"][path][verb]) for verb in verbs} for path, verbs in ENDPOINTS.items()
    }
    kept: dict[str, dict[str, Any]] = {}
    queue = list(_references(paths))
    while queue:
        _, _, group, name = queue.pop().split("/")
        if name in kept.setdefault(group, {}):
            continue
        kept[group][name] = _without_prose(whole["components"][group][name])
        queue.extend(_references(kept[group][name]))
    components = {group: dict(sorted(items.items())) for group, items in sorted(kept.items())}
    info = {name: whole["info"][name] for name in ("title", "version", "license")}
    return {"openapi": whole["openapi"], "info": info, "paths": paths, "components": components}


def _without_prose(value: Any, *, is_properties: bool = False) -> Any:
    """Drops prose keys, but not properties that are called like them."""
    if isinstance(value, dict):
        return {
            name: _without_prose(inner, is_properties=name == "properties" and not is_properties)
            for name, inner in value.items()
            if is_properties or not (name in _PROSE or name.startswith("x-"))
        }
    return [_without_prose(inner) for inner in value] if isinstance(value, list) else value


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        found = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        if "mapping" in value.get("discriminator", {}):
            found += list(value["discriminator"]["mapping"].values())
        return found + [reference for inner in value.values() for reference in _references(inner)]
    return [reference for inner in value for reference in _references(inner)] if isinstance(value, list) else []


def main(directory: Path) -> None:
    for version in VERSIONS:
        name = f"x-openapi-{version}.json"
        trimmed = trim(json.loads((directory / name).read_text(encoding="utf-8")))
        text = json.dumps(trimmed, indent=1, ensure_ascii=False) + "\n"
        Path(__file__).with_name(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
