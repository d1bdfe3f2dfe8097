"""The control API under `/_sandbox/`: what people do at the website. No authentication; loopback only."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from maskbot.sandbox.x_server import posting
from maskbot.sandbox.x_server.calls import Site, guarded
from maskbot.sandbox.x_server.model import DirectMessage, Post, User, UserList
from maskbot.sandbox.x_server.problems import Problem, invalid
from maskbot.sandbox.x_server.render import full_post, stamp, user_json

_SETTABLE = {"name", "description", "is_protected", "is_premium", "is_suspended", "is_revoked"}
_POST_ORDER = {"as", "text", "reply_to", "quote_of", "repost_of", "edit_of", "carries_mentions"}


class PeopleControl:
    """Handlers over one site."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def routes(self) -> list[Route]:
        table = [
            ("GET", "users", self.users),
            ("POST", "users", self.add_user),
            ("PATCH", "users/{name}", self.change_user),
            ("POST", "follows", self.follow),
            ("POST", "blocks", self.block),
            ("POST", "lists", self.add_list),
            ("POST", "app", self.change_app),
            ("GET", "posts", self.posts),
            ("POST", "posts", self.add_post),
            ("GET", "posts/{id}", self.post),
            ("DELETE", "posts/{id}", self.delete_post),
            ("GET", "media/{id}", self.media),
            ("GET", "messages", self.messages),
            ("POST", "messages", self.add_message),
        ]
        return [Route(f"/_sandbox/{path}", guarded(handler), methods=[method]) for method, path, handler in table]

    async def users(self, _request: Request) -> Response:
        return JSONResponse([self._credentials(user) for user in self.site.world.users.values()])

    async def add_user(self, request: Request) -> Response:
        body = await request.json()
        username = str(body.get("username", ""))
        if not re.fullmatch(r"[A-Za-z0-9_]{1,15}", username) or self.site.world.user_named(username):
            raise invalid("username", username, "A username is 1 to 15 of A-Z a-z 0-9 _ and unique.")
        user_id = str(body.get("id") or self.site.world.next_user_id())
        seed = hashlib.sha256(f"sandbox:{user_id}:{username}".encode()).hexdigest()
        user = User(
            id=user_id,
            username=username,
            name=str(body.get("name") or username.capitalize()),
            access_token=f"{user_id}-{seed[:24]}",
            access_token_secret=seed[24:48],
            oauth2_token=f"oauth2-{seed[48:]}{user_id}",
            created_at_s=self.site.world.now_s(),
        )
        self._apply(user, {name: value for name, value in body.items() if name in _SETTABLE and name != "name"})
        return JSONResponse(self._credentials(user), status_code=201)

    async def change_user(self, request: Request) -> Response:
        user = self._user(request.path_params["name"])
        self._apply(user, await request.json())
        return JSONResponse(self._credentials(user))

    async def follow(self, request: Request) -> Response:
        body = await request.json()
        user, other = self._user(body["as"]), self._user(body["user"])
        if other.id not in user.follows:
            user.follows.append(other.id)
        self.site.world.save(user)
        return JSONResponse({"ok": True})

    async def block(self, request: Request) -> Response:
        body = await request.json()
        user, other = self._user(body["as"]), self._user(body["user"])
        if other.id not in user.blocks:
            user.blocks.append(other.id)
        self.site.world.save(user)
        return JSONResponse({"ok": True})

    async def add_list(self, request: Request) -> Response:
        body = await request.json()
        members = [self._user(name).id for name in body.get("members", [])]
        made = UserList(self.site.world.next_id(), self._user(body["as"]).id, str(body.get("name", "list")), members)
        self.site.world.save(made)
        return JSONResponse({"id": made.id}, status_code=201)

    async def change_app(self, request: Request) -> Response:
        app = self.site.world.app
        if owner := (await request.json()).get("owner"):
            app.owner_id = self._user(owner).id
        self.site.world.save(app)
        return JSONResponse(dataclasses.asdict(app))

    async def posts(self, request: Request) -> Response:
        params = request.query_params
        viewer = self._user(params["as"]) if "as" in params else None
        author = self._user(params["author"]) if "author" in params else None
        shown = [
            self._view(post)
            for post in self.site.world.posts.values()
            if (viewer is None or self.site.world.can_see(viewer, post))
            and (author is None or post.author_id == author.id)
            and ("reply_to" not in params or post.reply_to == params["reply_to"])
        ]
        return JSONResponse(shown)

    async def add_post(self, request: Request) -> Response:
        body = await request.json()
        if unknown := set(body) - _POST_ORDER:
            raise invalid("body", sorted(unknown), "Unknown fields.")
        author = self._user(body["as"])
        if original := body.get("repost_of"):
            post = posting.repost(self.site.world, author=author, original=self._post(original))
        else:
            order = posting.Order(
                author=author,
                body=str(body.get("text", "")),
                reply_to=body.get("reply_to"),
                quote_of=body.get("quote_of"),
                edit_of=body.get("edit_of"),
                carries_mentions=bool(body.get("carries_mentions", True)),
            )
            post = posting.publish(self.site.world, order)
        self.site.activity.posted(self.site.world, post)
        return JSONResponse(self._view(post), status_code=201)

    async def post(self, request: Request) -> Response:
        post = self._post(request.path_params["id"])
        return JSONResponse(self._view(post) | {"api": full_post(self.site.world, post)})

    async def delete_post(self, request: Request) -> Response:
        post = self._post(request.path_params["id"])
        posting.delete(self.site.world, post)
        self.site.activity.deleted(self.site.world, post)
        return JSONResponse({"ok": True})

    async def media(self, request: Request) -> Response:
        media = self.site.world.media.get(request.path_params["id"])
        if media is None:
            raise Problem(404, "Not Found", "No such media.")
        return Response(media.content, media_type=media.media_type)

    async def messages(self, request: Request) -> Response:
        user = self._user(request.query_params["as"])
        shown = [
            {"id": m.id, "from": self._name(m.sender_id), "to": self._name(m.recipient_id), "text": m.text}
            for m in self.site.world.messages.values()
            if user.id in (m.sender_id, m.recipient_id)
        ]
        return JSONResponse(shown)

    async def add_message(self, request: Request) -> Response:
        body = await request.json()
        ends = self._user(body["as"]).id, self._user(body["to"]).id
        message = DirectMessage(self.site.world.next_id(), *ends, str(body["text"]), self.site.world.now_s())
        self.site.world.save(message)
        self.site.activity.messaged(self.site.world, message)
        return JSONResponse({"id": message.id}, status_code=201)

    def _apply(self, user: User, changes: dict[str, Any]) -> None:
        for name, value in changes.items():
            if name not in _SETTABLE:
                raise invalid(name, value, "This cannot be set.")
            setattr(user, name, value)
        self.site.world.save(user)

    def _credentials(self, user: User) -> dict[str, Any]:
        app = self.site.world.app
        return user_json(user, fields=frozenset({"description", "protected"})) | {
            "consumer_key": app.consumer_key,
            "consumer_secret": app.consumer_secret,
            "access_token": user.access_token,
            "access_token_secret": user.access_token_secret,
            "oauth2_token": user.oauth2_token,
            "app_bearer_token": app.bearer_token,
        }

    def _view(self, post: Post) -> dict[str, Any]:
        media = [self.site.world.media[media_id] for media_id in post.media_ids]
        return {
            "id": post.id,
            "author": self._name(post.author_id),
            "text": post.text,
            "body": post.body,
            "reply_to": post.reply_to,
            "quote_of": post.quote_of,
            "repost_of": post.repost_of,
            "created_at": stamp(post.created_at_s),
            "is_deleted": post.is_deleted,
            "media": [
                {
                    "id": item.id,
                    "alt_text": item.alt_text,
                    "media_type": item.media_type,
                    "bytes": len(item.content),
                    "sha256": hashlib.sha256(item.content).hexdigest(),
                }
                for item in media
            ],
        }

    def _name(self, user_id: str) -> str:
        return self.site.world.users[user_id].username

    def _user(self, name: str) -> User:
        user = self.site.world.user_named(name)
        if user is None:
            raise Problem(404, "Not Found", f"No user {name}.")
        return user

    def _post(self, post_id: str) -> Post:
        post = self.site.world.posts.get(post_id)
        if post is None:
            raise Problem(404, "Not Found", f"No post {post_id}.")
        return post
