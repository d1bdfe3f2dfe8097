"""The state of the simulated X and its journal.

Every change is one JSON line appended to the state file, last line of an id wins, so a kill -9 loses nothing that was answered.
Ids are counters in the shape of snowflakes: newer is larger, the same calls give the same ids. No HTTP here.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from maskbot.sandbox.x_server.ledger import Ledger
from maskbot.sandbox.x_server.model import (
    AppKeys,
    DirectMessage,
    Media,
    Post,
    Record,
    Subscription,
    Switches,
    User,
    UserList,
    from_json,
    to_json,
)

_FIRST_ID = 1_990_000_000_000_000_000
_FIRST_USER_ID = 700_000


@dataclass(slots=True)
class World:
    """All records by id. `save` after each change of a record; `now_s` is the wall clock plus a settable offset."""

    state_file: Path | None = None
    users: dict[str, User] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    media: dict[str, Media] = field(default_factory=dict)
    messages: dict[str, DirectMessage] = field(default_factory=dict)
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    lists: dict[str, UserList] = field(default_factory=dict)
    switches: Switches = field(default_factory=Switches)
    app: AppKeys = field(default_factory=AppKeys)
    ledger: Ledger = field(default_factory=Ledger)
    clock_offset_s: float = 0.0
    by_name: dict[str, User] = field(default_factory=dict)
    by_token: dict[str, User] = field(default_factory=dict)
    by_text: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    _issued: int = 0
    _journal: IO[str] | None = None

    def open(self) -> None:
        """Reads the state file when there is one, then writes it anew without outdated lines."""
        if self.state_file is None:
            return
        if self.state_file.exists():
            for line in self.state_file.read_text(encoding="utf-8").splitlines():
                try:
                    self._take(json.loads(line))
                except json.JSONDecodeError:
                    break  # the last line of a killed writer
        draft = self.state_file.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as file:
            for record in self._records():
                file.write(json.dumps(to_json(record)) + "\n")
            file.write(json.dumps(self.ledger.to_json()) + "\n")
        draft.replace(self.state_file)
        self._journal = self.state_file.open("a", encoding="utf-8")

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def reset(self) -> None:
        """Back to an empty X with default switches and the same app keys."""
        self.close()
        if self.state_file is not None:
            self.state_file.unlink(missing_ok=True)
        for records in (self.users, self.posts, self.media, self.messages, self.subscriptions, self.lists):
            records.clear()
        for index in (self.by_name, self.by_token, self.by_text):
            index.clear()
        self.switches, self.app, self.ledger = Switches(), AppKeys(), Ledger()
        self.clock_offset_s, self._issued = 0.0, 0
        self.open()

    def save(self, record: Record) -> None:
        self._keep(record)
        self._write(to_json(record))

    def save_ledger(self) -> None:
        self._write(self.ledger.to_json())

    def now_s(self) -> float:
        return time.time() + self.clock_offset_s

    def next_id(self) -> str:
        self._issued += 1
        return str(_FIRST_ID + self._issued * 101)

    def next_user_id(self) -> str:
        return str(_FIRST_USER_ID + (len(self.users) + 1) * 11)

    def user_named(self, username: str) -> User | None:
        return self.by_name.get(username.lower())

    def user_id_of(self, username: str) -> str | None:
        user = self.user_named(username)
        return None if user is None else user.id

    def live_posts(self) -> Iterator[Post]:
        """Posts that timelines show, newest first."""
        for post in reversed(self.posts.values()):
            if not post.is_deleted and not post.is_superseded and not self.users[post.author_id].is_suspended:
                yield post

    def can_see(self, viewer: User | None, post: Post) -> bool:
        author = self.users[post.author_id]
        if post.is_deleted or author.is_suspended:
            return False
        if viewer is not None and viewer.id == author.id:
            return True
        if viewer is not None and viewer.id in author.blocks:
            return False
        return not author.is_protected or (viewer is not None and author.id in viewer.follows)

    def _records(self) -> Iterator[Record]:
        yield self.app
        yield self.switches
        for records in (self.users, self.posts, self.media, self.messages, self.subscriptions, self.lists):
            yield from records.values()

    def _keep(self, record: Record) -> None:
        match record:
            case User():
                self.users[record.id] = record
                self.by_name[record.username.lower()] = record
                self.by_token |= {record.access_token: record, record.oauth2_token: record}
            case Post():
                if record.id not in self.posts:
                    self.by_text.setdefault((record.author_id, record.body.strip()), []).append(record.id)
                self.posts[record.id] = record
            case Media():
                self.media[record.id] = record
            case DirectMessage():
                self.messages[record.id] = record
            case Subscription():
                self.subscriptions[record.id] = record
            case UserList():
                self.lists[record.id] = record
            case Switches():
                self.switches = record
            case AppKeys():
                self.app = record

    def _take(self, line: dict[str, Any]) -> None:
        if line["kind"] == "Ledger":
            self.ledger = Ledger.from_json(line)
            return
        if line["kind"] == "Gone":
            self.subscriptions.pop(line["value"], None)
            return
        record = from_json(line)
        self._keep(record)
        number = getattr(record, "id", "0")
        if number.isdigit() and int(number) > _FIRST_ID:
            self._issued = max(self._issued, (int(number) - _FIRST_ID) // 101)

    def forget_subscription(self, subscription_id: str) -> bool:
        if self.subscriptions.pop(subscription_id, None) is None:
            return False
        self._write({"kind": "Gone", "value": subscription_id})
        return True

    def _write(self, line: dict[str, Any]) -> None:
        if self._journal is not None:
            self._journal.write(json.dumps(line) + "\n")
            self._journal.flush()
