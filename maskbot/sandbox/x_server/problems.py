"""Error answers in the shapes of the published API (spec/social-platforms.md, 2.5)."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

DUPLICATE = "You are not allowed to create a Tweet with duplicate content."
NOT_SUMMONED = (
    "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by the author "
    "of the post you are replying to."
)
_HOST = {"old": "https://api.twitter.com", "new": "https://api.x.com"}


class Problem(Exception):
    """An API call that is refused; becomes an answer of `application/problem+json`."""

    def __init__(self, status: int, title: str, detail: str, *, type_: str = "about:blank", **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.body: dict[str, Any] = {"title": title, "detail": detail, "type": type_, "status": status, **more}

    def answer(self) -> Response:
        return JSONResponse(self.body, status_code=self.status, media_type="application/problem+json")


def forbidden(detail: str) -> Problem:
    return Problem(403, "Forbidden", detail)


def unauthorized() -> Problem:
    return Problem(401, "Unauthorized", "Unauthorized")


def too_many_requests() -> Problem:
    return Problem(429, "Too Many Requests", "Too Many Requests")


def invalid(parameter: str, value: object, message: str) -> Problem:
    """The validation error: problem fields plus `errors: [{parameters, message}]`."""
    return Problem(
        400,
        "Invalid Request",
        "One or more parameters to your request was invalid.",
        type_="https://api.twitter.com/2/problems/invalid-request",
        errors=[{"parameters": {parameter: [str(value)[:200]]}, "message": message}],
    )


def not_found_entry(resource_type: str, parameter: str, value: str, *, generation: str) -> dict[str, Any]:
    """The entry of `errors` in a 200 answer whose resource does not exist."""
    host = _HOST["new" if generation == "new" else "old"]
    return {
        "type": f"{host}/2/problems/resource-not-found",
        "title": "Not Found Error",
        "detail": f"Could not find {resource_type} with {parameter}: [{value}].",
        "resource_type": resource_type,
        "resource_id": value,
        "parameter": parameter,
        "value": value,
    }
