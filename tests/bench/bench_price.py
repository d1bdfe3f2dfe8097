"""A cold price by mention, end to end: mention stored -> card posted (issue "Price cards", Speed: p50 <= 600 ms).

    python -m tests.bench.bench_price

Real worker, vault and ticker, the simulated X over loopback, and every market site answering after 100 ms. Before each question the
worker is a new process that has answered one other question (so its code is loaded and its drawing processes run), and what the
market remembers is wiped: nothing of the asked price is known. Then the same price again, from memory. Beside them stands what one
drawing takes on this machine at this moment, by itself.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import redis

from maskbot.adapters.card_renderer import ProcessCardRenderer
from maskbot.assembly import App, assemble
from maskbot.domain.account import Account, Feed, FeedKind
from maskbot.domain.card import Look
from maskbot.domain.identity import Platform, Profile
from maskbot.domain.post import Post, Visibility
from maskbot.flows.act.collect_posts import record_posts
from maskbot.settings import Settings
from tests.bench.bench_service import cpu_s
from tests.chaos.service import Service, wait_until
from tests.gallery.samples import price
from tests.unit.adapters.market_process import running_market_sites
from workers.app import Doorbell, make_app
from workers.lanes import lane_widths
from workers.task import BATCHES

ROUNDS = 8
WARM_ROUNDS = 30
DELAY_S = 0.1
AIM_MS = 600


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds since the mention was stored until its facts were there and the reply was decided, and until it was posted."""

    decided_ms: int
    posted_ms: int


class _Bench:
    def __init__(self, service: Service, app: App) -> None:
        self._service, self._app = service, app
        with app.store.read() as work:
            account = next(iter(work.accounts.load().values()))
            self._feed: Feed = next(each for each in work.accounts.feeds(account.id) if each.kind is FeedKind.MENTIONS)
        self._account: Account = account
        self._notice = Doorbell(
            make_app(app.settings), widths=lane_widths(app.settings.worker_threads), batches=BATCHES
        )
        self._redis = redis.Redis.from_url(app.settings.broker_url.replace("redis+socket://", "unix://", 1))
        self._count = 0

    def cold(self) -> None:
        """New worker, empty memory, one question."""
        took, cpu_ms = [], []
        for _ in range(ROUNDS):
            self._service.children.pop("worker").end()
            self._forget()
            self._service.start("worker")
            self._ask("help")  # the process is there
            self._ask("price BTC in EUR")  # the code is loaded, the drawing processes run
            self._ask("price LINK in EUR")
            self._forget()
            before_s = self._cpu_s()
            took.append(self._ask("price ETH"))
            cpu_ms.append((self._cpu_s() - before_s) * 1000)
        print(f"processor time of the worker and its drawing processes for it: p50 {statistics.median(cpu_ms):.0f} ms")
        self._row(f"cold, every site after {DELAY_S * 1000:.0f} ms", took, aim=AIM_MS)

    def again(self) -> None:
        """The same price, remembered; the card is drawn already."""
        self._row("the same price and card again", [self._ask("price ETH") for _ in range(WARM_ROUNDS)])

    def _ask(self, words: str) -> Took:
        post = self._post(words)
        before = self._sent()
        self._record([post])
        wait_until(lambda: self._sent() > before, what=words)
        query = (
            "SELECT d.created_at_ms - m.received_at_ms, d.updated_at_ms - m.received_at_ms FROM delivery d "
            "JOIN mention m ON m.id = d.mention_id ORDER BY d.created_at_ms DESC LIMIT 1"
        )
        with self._app.store.snapshot() as connection:
            decided_ms, posted_ms = connection.exec_driver_sql(query).one()
        return Took(int(decided_ms), int(posted_ms))

    def _cpu_s(self) -> float:
        """Processor time of the worker and its children so far."""
        pids = [self._service.children["worker"].pid]
        for pid in pids:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            pids += map(int, children)
            pids += [
                int(child) for task in Path(f"/proc/{pid}/task").iterdir() if task.name != str(pid)
                for child in (task / "children").read_text().split()
            ]  # fmt: skip
        return sum(map(cpu_s, dict.fromkeys(pids)))

    def _forget(self) -> None:
        for key in self._redis.scan_iter("maskbot:market:*"):
            self._redis.delete(key)

    def _post(self, words: str) -> Post:
        self._count += 1
        name = f"asker{self._count}"
        user_id = self._service.x.add_user(name).id
        post_id = str(self._service.x.say(name, f"@maskbot {words}")["id"])
        return Post(
            Platform.X, post_id, post_id, Profile(Platform.X, "x.com", user_id, name), words, (), Visibility.PUBLIC, "",
            self._app.clock.now_ms(), is_addressed=True,
        )  # fmt: skip

    def _record(self, posts: list[Post]) -> None:
        record_posts(
            posts, feed=self._feed, account=self._account, cursor=None, via="poll", store=self._app.store,
            clock=self._app.clock, notice=self._notice,
        )  # fmt: skip

    def _sent(self) -> int:
        with self._app.store.snapshot() as connection:
            return int(
                connection.exec_driver_sql("SELECT count(*) FROM delivery WHERE state = 'sent'").scalar_one() or 0
            )

    def _row(self, name: str, took: list[Took], *, aim: int | None = None) -> None:
        posted = sorted(each.posted_ms for each in took)
        decided = statistics.median(each.decided_ms for each in took)
        told = f", aim {aim}" if aim is not None else ""
        print(
            f"{name}: mention stored -> decided p50 {decided:.0f} ms -> card posted p50 {statistics.median(posted):.0f} ms, "
            f"worst {posted[-1]} ms   (load {_load()}{told})"
        )


def bare_drawing() -> None:
    """What drawing one card takes by itself, in wall time."""
    renderer = ProcessCardRenderer()
    took = []
    for seed in range(10):
        began = time.monotonic()
        renderer.render(replace(price(seed=seed), rank=seed + 1), look=Look())
        took.append((time.monotonic() - began) * 1000)
    renderer.close()
    print(f"drawing one card by itself: p50 {statistics.median(took[2:]):.0f} ms   (load {_load()})")


def main() -> None:
    """Print every figure."""
    with running_market_sites() as sites, tempfile.TemporaryDirectory() as folder:
        sites.spoil("hang", seconds=DELAY_S)
        variables = {
            "COINGECKO_BASE_URL": f"{sites.url}/api/v3",
            "GECKOTERMINAL_BASE_URL": f"{sites.url}/api/v2",
            "COINMARKETCAP_BASE_URL": sites.url,
            "COINMARKETCAP_API_KEY": "bench",
            "DEFILLAMA_BASE_URL": sites.url,
            "EXCHANGE_BASE_URL": sites.url,
        }
        with Service(Path(folder), **variables) as service:
            os.environ.update({key: each for key, each in service.environment.items() if key.startswith("MASKBOT_")})
            app = assemble(Settings())
            service.children.pop("tend").end()  # from here on the bench is the watcher
            service.start("tick")
            bench = _Bench(service, app)
            bench.cold()
            bench.again()
            app.close()
    bare_drawing()


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}"


if __name__ == "__main__":
    main()
