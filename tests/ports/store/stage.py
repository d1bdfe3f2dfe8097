"""Actors of the store's suites: a tenant, two hosting accounts, people and their posts."""

from __future__ import annotations

from maskbot.adapters.store.admin import Admin
from maskbot.adapters.store.ids import new_id
from maskbot.adapters.store.work import SqlStore
from maskbot.domain.account import FeedKind
from maskbot.domain.identity import Persona, Platform, Profile, PublicKey
from maskbot.domain.mention import NewMention
from maskbot.domain.post import Draft, MediaLink, Picture, Post, Quoted, Visibility

NOW = 1_790_000_000_000
PNG = b"\x89PNG" + bytes(64)


def key_of(number: int) -> PublicKey:
    """A public key; the store does not look whether it lies on the curve."""
    return PublicKey(b"\x02" + number.to_bytes(32, "big"))


def profile_of(name: str) -> Profile:
    return Profile(
        Platform.MASTODON, "bot.example", f"id-{name}", f"{name}@home.example", f"https://home.example/users/{name}"
    )


def post_of(
    post_id: str, *, author: Profile | None = None, text: str = "price ETH", conversation_id: str | None = None
) -> Post:
    return Post(
        platform=Platform.MASTODON,
        post_id=post_id,
        root_id=post_id,
        author=profile_of("alice") if author is None else author,
        text=text,
        links=("https://mask.io/?PostData_v1=x",),
        visibility=Visibility.UNLISTED,
        spoiler_text="cw",
        created_at_ms=NOW - 5,
        in_reply_to_id="7",
        conversation_id=conversation_id,
        quoted=Quoted("quoted", ("https://a.example/",)),
        media=(MediaLink("https://m.example/1.png", "image/png"),),
        mentions=("bob@home.example",),
        is_addressed=True,
    )


def draft_of(text: str = "ETH is 1,800 USD", *, pictures: int = 0) -> Draft:
    return Draft(
        text=text,
        visibility=Visibility.PUBLIC,
        in_reply_to_id="7",
        pictures=tuple(Picture(png=PNG + bytes([n]), alt_text=f"picture {n}") for n in range(pictures)),
    )


class Stage:
    """One tenant, accounts `a` and `b`, the mentions feed of each, and a home feed of `a`."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.admin = Admin(store)
        self.tenant = self.admin.add_tenant("dao", now_ms=NOW)
        self.other_tenant = self.admin.add_tenant("other", now_ms=NOW)
        self.a = self.add_account("bot-a")
        self.b = self.add_account("bot-b")
        feeds = {feed["account_id"]: feed["id"] for feed in self.admin.feeds()}
        self.feed_a = feeds[self.a]
        self.home_a = self.admin.add_feed(self.a, kind=FeedKind.HOME)

    def add_account(self, name: str) -> str:
        profile = profile_of(name)
        return self.admin.add_account(
            self.admin.account_id_for(profile),
            tenant_id=self.tenant,
            profile=profile,
            api_base_url="https://bot.example",
            sealed_token=b"sealed-" + name.encode(),
            now_ms=NOW,
        )

    def new_mention(self, post_id: str, *, post: Post | None = None, is_watched: bool = False) -> NewMention:
        return NewMention(
            account_id=self.a,
            tenant_id=self.tenant,
            feed_id=self.home_a if is_watched else self.feed_a,
            post=post_of(post_id) if post is None else post,
            via="stream",
            is_watched=is_watched,
        )

    def record(self, post_id: str, *, post: Post | None = None, is_watched: bool = False) -> str:
        with self.store.write() as work:
            return work.mentions.record([self.new_mention(post_id, post=post, is_watched=is_watched)], now_ms=NOW)[0]

    def persona(self, number: int = 1, *, owner: Profile | None = None) -> Persona:
        persona = Persona(
            id=new_id(),
            tenant_id=self.tenant,
            name=f"persona {number}",
            public_key=key_of(number),
            owner=None if owner is None else owner.person,
        )
        with self.store.write() as work:
            work.personas.add(persona, now_ms=NOW)
        return persona
