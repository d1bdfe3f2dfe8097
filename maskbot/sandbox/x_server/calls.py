"""What every API call passes: authentication, rate limits, problem answers, headers.

An endpoint is an async function `(Call) -> Response`; `endpoint` turns it into a Starlette route.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from maskbot.sandbox.x_server.activity import Activity
from maskbot.sandbox.x_server.auth import Caller, Gate
from maskbot.sandbox.x_server.limits import Limits
from maskbot.sandbox.x_server.model import User
from maskbot.sandbox.x_server.problems import Problem, forbidden, invalid, too_many_requests
from maskbot.sandbox.x_server.world import World

MAX_BODY_BYTES = 8 * 1024 * 1024
Context = Literal["any", "user", "app"]


@dataclass(slots=True)
class Site:
    """The running server's parts, shared by all endpoints."""

    world: World
    gate: Gate
    limits: Limits = field(default_factory=Limits)
    activity: Activity = field(default_factory=Activity)


@dataclass(frozen=True, slots=True)
class Call:
    """One admitted call."""

    site: Site
    caller: Caller
    request: Request

    @property
    def world(self) -> World:
        return self.site.world

    @property
    def user(self) -> User:
        if self.caller.user is None:
            raise forbidden("This endpoint needs a user context.")
        return self.caller.user

    @property
    def origin(self) -> str:
        return f"http://{self.request.headers.get('host', '127.0.0.1')}"

    async def json(self) -> dict[str, Any]:
        """The JSON object of the body; raises Problem 400 for anything else."""
        body = await self.request.body()
        try:
            value = json.loads(body[:MAX_BODY_BYTES])
        except ValueError:
            raise invalid("body", "", "The request body is not JSON.") from None
        if not isinstance(value, dict):
            raise invalid("body", "", "The request body is not a JSON object.")
        return value


Endpoint = Callable[[Call], Awaitable[Response]]


def endpoint(site: Site, spec: str, handler: Endpoint, *, context: Context = "any") -> Route:
    """A route from `"GET /2/users/:id/mentions"`; the same string is the key of its rate limit."""
    method, path = spec.split(" ", 1)

    async def answer(request: Request) -> Response:
        headers: dict[str, str] = {}
        try:
            caller = site.gate.admit(request)
            if (context == "user" and caller.user is None) or (context == "app" and caller.user is not None):
                raise _unsupported(request, context=context)
            is_within, headers = site.limits.count(
                spec, caller=caller.name, now_s=site.world.now_s(), switches=site.world.switches
            )
            if not is_within:
                raise too_many_requests()
            response = await handler(Call(site, caller, request))
        except Problem as problem:
            response = problem.answer()
        response.headers.update(headers)
        return response

    parts = [f"{{{part[1:]}}}" if part.startswith(":") else part for part in path.split("/")]
    return Route("/".join(parts), answer, methods=[method])


def ok(body: dict[str, Any], *, status: int = 200) -> Response:
    return JSONResponse(body, status_code=status)


def _unsupported(request: Request, *, context: Context) -> Problem:
    kind = "OAuth 1.0a User Context, OAuth 2.0 User Context" if context == "user" else "OAuth 2.0 Application-Only"
    return Problem(
        403,
        "Unsupported Authentication",
        f"Authenticating with this token is forbidden for {request.url.path}. Supported authentication types are [{kind}].",
        type_="https://api.twitter.com/2/problems/unsupported-authentication",
    )


def guarded(handler: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A handler of the control API whose wrong input is answered with a problem."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except Problem as problem:
            return problem.answer()
        except (KeyError, TypeError, ValueError) as wrong:
            return invalid("body", type(wrong).__name__, str(wrong)).answer()

    return answer
