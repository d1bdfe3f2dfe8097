"""Puts the simulated X together: routes, control API and the fault shell around them."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from maskbot.sandbox.x_server import routes_activity, routes_media, routes_posts, routes_users
from maskbot.sandbox.x_server.auth import Gate
from maskbot.sandbox.x_server.calls import Site, endpoint
from maskbot.sandbox.x_server.faults import FaultShell
from maskbot.sandbox.x_server.problems import Problem
from maskbot.sandbox.x_server.routes_people import PeopleControl
from maskbot.sandbox.x_server.routes_weather import WeatherControl
from maskbot.sandbox.x_server.world import World


def make_app(world: World) -> FaultShell:
    """The ASGI application over a world that is open."""
    site = Site(world, Gate(world))
    routes = [
        endpoint(site, "GET /2/users/me", routes_users.me, context="user"),
        endpoint(site, "GET /2/users/by/username/:username", routes_users.user_by_username),
        endpoint(site, "GET /2/users", routes_users.users_by_ids),
        endpoint(site, "GET /2/users/:id", routes_users.user_by_id),
        endpoint(site, "GET /2/users/:id/mentions", routes_posts.mentions),
        endpoint(site, "GET /2/users/:id/tweets", routes_posts.user_posts),
        endpoint(site, "GET /2/users/:id/timelines/reverse_chronological", routes_posts.home, context="user"),
        endpoint(site, "GET /2/lists/:id/tweets", routes_posts.list_posts),
        endpoint(site, "GET /2/tweets", routes_posts.several_posts),
        endpoint(site, "POST /2/tweets", routes_posts.create_post, context="user"),
        endpoint(site, "GET /2/tweets/:id", routes_posts.one_post),
        endpoint(site, "GET /2/tweets/:id/retweeted_by", routes_users.reposters),
        endpoint(site, "DELETE /2/tweets/:id", routes_posts.delete_post, context="user"),
        endpoint(site, "POST /2/media/upload/initialize", routes_media.initialize, context="user"),
        endpoint(site, "POST /2/media/upload/:id/append", routes_media.append, context="user"),
        endpoint(site, "POST /2/media/upload/:id/finalize", routes_media.finalize, context="user"),
        endpoint(site, "GET /2/media/upload", routes_media.status, context="user"),
        endpoint(site, "POST /2/media/upload", routes_media.upload, context="user"),
        endpoint(site, "POST /2/media/metadata", routes_media.metadata, context="user"),
        endpoint(site, "POST /2/activity/subscriptions", routes_activity.subscribe),
        endpoint(site, "GET /2/activity/subscriptions", routes_activity.subscriptions),
        endpoint(site, "DELETE /2/activity/subscriptions/:id", routes_activity.unsubscribe, context="app"),
        endpoint(site, "GET /2/activity/stream", routes_activity.stream, context="app"),
        endpoint(site, "POST /2/dm_conversations/with/:id/messages", routes_users.send_message, context="user"),
        endpoint(site, "GET /2/dm_conversations/with/:id/dm_events", routes_users.messages_with, context="user"),
        endpoint(site, "GET /2/dm_events", routes_users.messages, context="user"),
    ]
    app = Starlette(exception_handlers={HTTPException: _as_problem})
    shell = FaultShell(app)
    app.router.routes.extend([*routes, *PeopleControl(site).routes(), *WeatherControl(site, shell).routes()])
    return shell


async def _as_problem(_request: Request, error: Exception) -> Response:
    """404 and 405 in problem JSON; the v1.1 paths end here."""
    assert isinstance(error, HTTPException)
    return Problem(error.status_code, error.detail, error.detail).answer()
