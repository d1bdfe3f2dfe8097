"""What each process of the service runs: `python -m workers.run up | worker | watch | tick | tend | vault`.

`up` is one supervised process group for a single host: embedded Redis, vault, worker, and `tend` (watchers, ticker and health).
The others are the same parts for many hosts. The parent of `up` stays small: it imports no SDK and opens no database.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import workers.lean  # noqa: F401 - first: see there
from maskbot.domain.errors import MaskbotError, Misconfigured, Unavailable
from maskbot.settings import Settings, load_settings, prepare
from workers.redis_server import RedisServer
from workers.supervisor import Child, Supervisor

if TYPE_CHECKING:
    from maskbot.assembly import App

_READY_TIMEOUT_S = 30.0


def up(settings: Settings) -> None:
    """Run everything until SIGTERM or SIGINT. Raises Misconfigured if another `up` runs on this home."""
    prepare(settings)
    with ExitStack() as stack:
        environment = dict(os.environ)
        if not settings.redis_url:
            redis = RedisServer(state_dir=settings.home / "redis")
            environment["MASKBOT_REDIS_URL"] = redis.start()
            stack.callback(redis.stop)
        upgraded = subprocess.run(_command("upgrade"), env=environment, check=False)  # noqa: S603 - our own module
        if upgraded.returncode:
            raise Misconfigured("the database could not be brought to this version; see the line above")
        children = [
            Child("vault", _command("vault"), environment, is_ready=_vault_answers(settings.vault_socket_path)),
            Child("worker", _command("worker"), environment, grace_s=12.0),
            Child("tend", _command("tend"), environment, grace_s=5.0),
        ]
        Supervisor(children, state_dir=settings.home / "supervisor").run()


def _command(name: str) -> Sequence[str]:
    return (sys.executable, "-m", "workers.run", name)


def _vault_answers(path: Path) -> Callable[[], bool]:
    def is_ready() -> bool:
        from maskbot.adapters.vault import is_answering

        return is_answering(path)

    return is_ready


def worker(settings: Settings, queues: Sequence[str] = ()) -> None:
    """Answer bells until SIGTERM; of all queues unless some are named."""
    from maskbot.assembly import assemble
    from maskbot.domain.job import QUEUES
    from workers.worker import run_worker

    os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
    run_worker(assemble(settings), queues=queues or QUEUES)


def watch(settings: Settings) -> None:
    """Watch every active account until SIGTERM."""
    _loops(settings, "watch")


def tick(settings: Settings) -> None:
    """Ring for what is due and serve health until SIGTERM."""
    _loops(settings, "tick", "health")


def tend(settings: Settings) -> None:
    """Watch, tick and serve health until SIGTERM."""
    _loops(settings, "watch", "tick", "health")


def vault(settings: Settings) -> None:
    """Hold the keys until SIGTERM."""
    from workers.vault import serve_vault

    prepare(settings)
    serve_vault(settings)


def rewrap_secrets(settings: Settings) -> None:
    """Encrypt every secret anew under the present key-encryption key."""
    from workers.vault import rewrap

    prepare(settings)
    print(f"{rewrap(settings):,} secrets wrapped anew")  # noqa: T201 - the answer to the operator


def upgrade_database(settings: Settings) -> None:
    """Bring the database to this version's schema."""
    from maskbot.adapters.store.upgrade import upgrade

    prepare(settings)
    upgrade(settings.database)


def _loops(settings: Settings, *names: str) -> None:
    from maskbot.assembly import assemble
    from workers.app import Doorbell, make_app
    from workers.health import serve_health
    from workers.lanes import lane_widths
    from workers.task import BATCHES
    from workers.ticker import run_ticker
    from workers.watch import run_watchers

    app = assemble(settings)
    notice = Doorbell(make_app(settings), widths=lane_widths(settings.worker_threads), batches=BATCHES)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    _open_store(app, stop)
    loops: Mapping[str, Callable[[], None]] = {
        "watch": lambda: run_watchers(app, notice, stop=stop),
        "tick": lambda: run_ticker(app, notice, stop=stop),
        "health": lambda: serve_health(app, stop=stop),
    }
    failures: list[Exception] = []

    def run(name: str) -> None:
        try:
            loops[name]()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(name,), name=name, daemon=True) for name in names]
    for thread in threads:
        thread.start()
    while not stop.wait(0.5):
        if failures:
            raise failures[0]
        if not all(thread.is_alive() for thread in threads):
            sys.exit("a loop ended by itself; see the log above")
    for thread in threads:
        thread.join(timeout=3.0)


def _open_store(app: App, stop: threading.Event) -> None:
    """Wait for a database that is away; one that is not ours, or not of this version, ends the process with its reason."""
    import structlog

    while not stop.is_set():
        try:
            assert app.store
            return
        except Unavailable as error:
            structlog.get_logger().warning("store.awaited", error=error.kind)
            stop.wait(1.0)


_COMMANDS: Mapping[str, Callable[[Settings], None]] = {
    "up": up,
    "watch": watch,
    "tick": tick,
    "tend": tend,
    "vault": vault,
    "rewrap": rewrap_secrets,
    "upgrade": upgrade_database,
}


def main(arguments: Sequence[str]) -> int:
    """Run one part; the exit status says whether it ended as asked."""
    from maskbot.adapters.logs import configure_logs

    try:
        settings = load_settings()
        name, *rest = arguments
        configure_logs(level=settings.log_level, form=settings.log_format, program=name)
        if name == "worker":
            worker(settings, rest[0].split(",") if rest else ())
        else:
            _COMMANDS[name](settings)
    except MaskbotError as error:
        print(f"maskbot: {error}", file=sys.stderr)  # noqa: T201 - the process's own last word
        return 6
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
