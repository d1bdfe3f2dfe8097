"""A small house for tests of flows: a real SQLite store, one tenant, one account on each platform, fakes all around."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from maskbot.adapters.store.admin import Admin
from maskbot.adapters.store.work import SqlStore, open_store
from maskbot.applets.decrypt import Decrypt
from maskbot.applets.help import Help
from maskbot.applets.identity import Identity
from maskbot.applets.manners import Manners
from maskbot.applets.price import Price
from maskbot.domain.account import Account, Feed, FeedKind
from maskbot.domain.delivery import Delivery
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.job import QUEUES, Job, JobKind
from maskbot.domain.mention import Mention
from maskbot.domain.policy import PolicyBook
from maskbot.domain.post import Post, Visibility
from maskbot.flows.act.collect_posts import record_posts
from maskbot.flows.decide.answer_mentions import answer_mentions
from tests.fakes.empty_store import new_database
from tests.fakes.inside import FakeClock, FakeEntropy, FakeNotice, FakeVault
from tests.fakes.social import FakePublisher

BOT_ON_X = Profile(Platform.X, "x.com", "1800", "maskbot")
BOT_ON_MASTODON = Profile(
    Platform.MASTODON, "social.example", "109", "maskbot@social.example", "https://social.example/users/maskbot"
)
BOB = Profile(Platform.X, "x.com", "2244", "bob")
ALICE = Profile(
    Platform.MASTODON, "social.example", "110", "alice@social.example", "https://social.example/users/alice"
)
APPLETS = (Identity(), Manners(), Decrypt(), Price(), Help())


@dataclass
class House:
    """Everything a flow asks for."""

    store: SqlStore
    admin: Admin
    tenant_id: str
    accounts: dict[Platform, Account]
    clock: FakeClock = field(default_factory=FakeClock)
    entropy: FakeEntropy = field(default_factory=FakeEntropy)
    notice: FakeNotice = field(default_factory=FakeNotice)
    vault: FakeVault = field(default_factory=FakeVault)
    publishers: dict[str, FakePublisher] = field(default_factory=dict)
    policies: PolicyBook = field(default_factory=PolicyBook)
    _posts: int = 0

    def publisher(self, account_id: str) -> FakePublisher:
        """The platform of this account."""
        return self.publishers.setdefault(account_id, FakePublisher())

    def feed(self, platform: Platform, kind: FeedKind = FeedKind.MENTIONS) -> Feed:
        """A feed of the account on this platform."""
        with self.store.read() as work:
            return next(each for each in work.accounts.feeds(self.accounts[platform].id) if each.kind is kind)

    def post(self, author: Profile, text: str, **changes: object) -> Post:
        """A post that addresses us, not recorded yet."""
        self._posts += 1
        post = Post(
            platform=author.platform,
            post_id=f"{1000 + self._posts}",
            root_id=f"{1000 + self._posts}",
            author=author,
            text=text,
            links=(),
            visibility=Visibility.PUBLIC,
            spoiler_text="",
            created_at_ms=self.clock.ms,
            is_addressed=True,
        )
        return replace(post, **changes)  # type: ignore[arg-type]  # whatever the test says

    def collect(self, *posts: Post, kind: FeedKind = FeedKind.MENTIONS, via: str = "poll") -> int:
        """Record posts as a watcher does; how many were new."""
        feed = self.feed(posts[0].platform, kind)
        return record_posts(
            posts,
            feed=feed,
            account=self.accounts[posts[0].platform],
            cursor=posts[-1].post_id,
            via=via,
            store=self.store,
            clock=self.clock,
            notice=self.notice,
        )

    def claim(self, kind: JobKind, *, owner: str = "test", lease_ms: int = 60_000) -> list[Job]:
        """Claim what is due of one kind (and hand back the rest of its queue)."""
        with self.store.write() as work:
            jobs = work.jobs.claim(queue=kind.queue, owner=owner, limit=100, now_ms=self.clock.ms, lease_ms=lease_ms)
            for job in jobs:
                if job.kind is not kind:
                    work.jobs.postpone(job, due_at_ms=self.clock.ms, error_kind="")
        return [job for job in jobs if job.kind is kind]

    def answer(self) -> int:
        """Decide what is due; how many mentions."""
        jobs = self.claim(JobKind.ANSWER_MENTION)
        answer_mentions(
            jobs,
            store=self.store,
            keys=self.vault,
            clock=self.clock,
            notice=self.notice,
            applets=APPLETS,
            policies=self.policies,
        )
        return len(jobs)

    def ask(self, author: Profile, text: str, **changes: object) -> tuple[Mention, Delivery | None]:
        """Collect and decide one mention; what became of it, and the reply if there is one."""
        post = self.post(author, text, **changes)
        self.collect(post)
        self.answer()
        return self.outcome(post)

    def outcome(self, post: Post) -> tuple[Mention, Delivery | None]:
        """The recorded mention of a post, and its delivery."""
        rows = self.admin.mentions(limit=1000)
        mention_id = next(str(row["id"]) for row in rows if row["root_id"] == post.root_id)
        deliveries = self.admin.deliveries(limit=1000)
        ids = [str(row["id"]) for row in deliveries]
        with self.store.read() as work:
            mention = work.mentions.load([mention_id])[mention_id]
            found = [each for each in work.deliveries.load(ids).values() if each.mention_id == mention_id]
        return mention, found[0] if found else None

    def due(self) -> dict[str, int]:
        """Due jobs by queue."""
        with self.store.write() as work:
            return dict(work.bells.take_due(now_ms=self.clock.ms, quiet_ms=0))


def build_house(directory: Path) -> House:
    """A house in an empty directory."""
    store = open_store(new_database(directory / "house.db"))
    admin, clock = Admin(store), FakeClock()
    tenant_id = admin.add_tenant("dao", now_ms=clock.ms)
    accounts = {}
    for profile, api in ((BOT_ON_X, "https://api.x.com"), (BOT_ON_MASTODON, "https://social.example")):
        account_id = admin.account_id_for(profile)
        admin.add_account(
            account_id, tenant_id=tenant_id, profile=profile, api_base_url=api, sealed_token=b"sealed", now_ms=clock.ms
        )
        admin.add_feed(account_id, kind=FeedKind.HOME)
        with store.read() as work:
            accounts[profile.platform] = work.accounts.load([account_id])[account_id]
    assert QUEUES
    return House(store=store, admin=admin, tenant_id=tenant_id, accounts=accounts, clock=clock)
