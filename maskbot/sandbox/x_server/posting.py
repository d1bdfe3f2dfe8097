"""Making, editing and deleting posts under X's rules (spec/social-platforms.md, 1, 2.6, 2.8 and 6.3).

A call of the API obeys all of them; a person at the website (the control API) only those that bind people too.
"""

from __future__ import annotations

from dataclasses import dataclass

from maskbot.sandbox.x_server import text
from maskbot.sandbox.x_server.model import Post, User
from maskbot.sandbox.x_server.problems import DUPLICATE, NOT_SUMMONED, Problem, forbidden, invalid
from maskbot.sandbox.x_server.world import World

_DUPLICATE_WINDOW_S = 86_400
_MAX_EDITS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody asks to be posted; ids refer to existing records or the order is refused."""

    author: User
    body: str
    reply_to: str | None = None
    quote_of: str | None = None
    edit_of: str | None = None
    media_ids: tuple[str, ...] = ()
    is_by_api: bool = False
    carries_mentions: bool = True


def publish(world: World, order: Order) -> Post:
    """Stores a post; raises Problem when a rule forbids it."""
    parent = _existing(world, order, order.reply_to) if order.reply_to else None
    if order.quote_of:
        _existing(world, order, order.quote_of)
    _check_media(world, order)
    if not order.body.strip() and not order.media_ids:
        raise invalid("text", "", "text must not be empty without media")
    limit = text.MAX_PREMIUM_WEIGHT if order.author.is_premium else text.MAX_WEIGHT
    if text.weigh(order.body) > limit:
        raise forbidden("Your Tweet text is too long. For more information, check our documentation.")
    if order.is_by_api:
        _check_api_rules(world, order, parent=parent)
    post_id = world.next_id()
    history = _edited(world, order, new_id=post_id)
    post = Post(
        id=post_id,
        author_id=order.author.id,
        prefix=_carried(world, order, parent=parent) if parent and order.carries_mentions else "",
        body=order.body,
        created_at_s=world.now_s(),
        conversation_id=parent.conversation_id if parent else post_id,
        reply_to=order.reply_to,
        quote_of=order.quote_of,
        media_ids=list(order.media_ids),
        history=[*history, post_id],
        is_by_api=order.is_by_api,
    )
    world.save(post)
    if order.is_by_api:
        _charge(world, post, parent=parent)
    return post


def repost(world: World, *, author: User, original: Post) -> Post:
    """A repost as mention results show it: `RT @author: ` and the start of the original."""
    named = world.users[original.author_id].username
    body = f"RT @{named}: {original.text}"
    post_id = world.next_id()
    post = Post(
        id=post_id,
        author_id=author.id,
        prefix="",
        body=body if len(body) <= 140 else body[:139] + "…",
        created_at_s=world.now_s(),
        conversation_id=post_id,
        repost_of=original.id,
        history=[post_id],
    )
    world.save(post)
    return post


def delete(world: World, post: Post) -> None:
    post.is_deleted = True
    world.save(post)


def summons(world: World, post: Post, *, user: User) -> bool:
    """Whether the author of `post` named `user` in the body or quoted one of its posts."""
    if names_in_body(post, username=user.username):
        return True
    quoted = world.posts.get(post.quote_of or "")
    return quoted is not None and quoted.author_id == user.id


def names_in_body(post: Post, *, username: str) -> bool:
    """Whether the author typed the mention, rather than having it carried along by a reply or a repost."""
    return post.repost_of is None and username.lower() in text.mentioned(post.body)


def all_mentioned(post: Post) -> tuple[str, ...]:
    """Usernames in lower case that the whole text names, carried ones too."""
    return text.mentioned(post.text)


def _existing(world: World, order: Order, post_id: str) -> Post:
    post = world.posts.get(post_id)
    if post is None or not world.can_see(order.author, post):
        raise Problem(404, "Not Found", "You attempted to reply to a Tweet that is deleted or not visible to you.")
    return post


def _check_media(world: World, order: Order) -> None:
    for media_id in order.media_ids:
        media = world.media.get(media_id)
        if media is None or media.owner_id != order.author.id:
            raise invalid("media.media_ids", media_id, "Your media IDs are invalid.")
        if not media.is_final or media.state not in (None, "succeeded"):
            raise invalid("media.media_ids", media_id, "Your media IDs are not ready.")


def _check_api_rules(world: World, order: Order, *, parent: Post | None) -> None:
    if world.switches.self_serve_rules:
        is_own = parent is not None and parent.author_id == order.author.id
        if parent is not None and not is_own and not summons(world, parent, user=order.author):
            raise forbidden(NOT_SUMMONED)
        if order.quote_of is not None:
            raise forbidden("Quoting posts is not available on your access level.")
        if text.count_cashtags(order.body) > 1:
            raise forbidden("You are not permitted to use more than one cashtag in a post.")
    words = order.body.strip()
    since_s = world.now_s() - _DUPLICATE_WINDOW_S
    for post_id in world.by_text.get((order.author.id, words), ()) if words else ():
        post = world.posts[post_id]
        if post.created_at_s >= since_s and not post.is_deleted and post.id != order.edit_of:
            raise forbidden(DUPLICATE)


def _edited(world: World, order: Order, *, new_id: str) -> list[str]:
    if order.edit_of is None:
        return []
    old = _existing(world, order, order.edit_of)
    if old.author_id != order.author.id or old.is_superseded or len(old.history) > _MAX_EDITS:
        raise forbidden("This post cannot be edited.")
    if old.reply_to is not None and order.is_by_api:
        raise forbidden("Replies cannot be edited.")
    old.is_superseded = True
    world.save(old)
    for post_id in old.history:
        world.posts[post_id].history = [*old.history, new_id]
    return [post_id for post_id in old.history if post_id != new_id]


def _carried(world: World, order: Order, *, parent: Post) -> str:
    """The mentions X puts before a reply: the parent's author and whom the parent names, save who is already at its start."""
    leading = []
    for word in order.body.split(" "):
        if not word.startswith("@"):
            break
        leading.append(word[1:].lower())
    names = [world.users[parent.author_id].username]
    for name in text.mentioned(parent.text):
        user = world.user_named(name)
        if user is not None:
            names.append(user.username)
    wanted: list[str] = []
    for name in names:
        if name.lower() not in leading and name != order.author.username and name not in wanted:
            wanted.append(name)
    return "".join(f"@{name} " for name in wanted)


def _charge(world: World, post: Post, *, parent: Post | None) -> None:
    kind = "summoned_reply" if parent is not None else "post"
    if text.has_url(post.body):
        kind += "_with_url"
    world.ledger.charge(kind, prices=world.switches.prices_mills)
    world.save_ledger()
