"""The rules of docker-compose.yml for the bot's Redis user: a whole Celery life works under them, and nothing that hurts (E15)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.unit.workers.waiting import until
from workers.redis_binary import choose_binary, installed_binaries

ROOT = Path(__file__).parents[3]
WORKER = """
import sys
from celery import Celery
app = Celery("rules", broker=sys.argv[1], set_as_current=False)
app.conf.update(task_ignore_result=True, worker_enable_remote_control=False, worker_hijack_root_logger=False,
    broker_transport_options={"global_keyprefix": "rules:", "unacked_restore_interval": 1, "unacked_restore_throttle": 1})

@app.task(name="ring", ignore_result=True)
def ring(word):
    open(sys.argv[2], "w").write(word)

if sys.argv[3] == "send":
    app.send_task("ring", args=("rung",), retry=False)
else:
    app.worker_main(["worker", "-P", "threads", "-c", "1", "--without-gossip", "--without-mingle", "--without-heartbeat"])
"""
FORBIDDEN = [
    "CONFIG GET *",
    "DEBUG SLEEP 0",
    "MODULE LIST",
    "SHUTDOWN NOSAVE",
    "REPLICAOF NO ONE",
    "FLUSHALL",
    "FLUSHDB",
    "KEYS *",
    "ACL LIST",
    "MONITOR",
    "SAVE",
    "SCRIPT FLUSH",
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Redis with the compose file's user; gives its socket."""
    folder = tmp_path_factory.mktemp("r")
    rules = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["x-redis-rules"]
    acl = folder / "users.acl"
    acl.write_text(f"user default off\nuser maskbot on >secret {rules}\n")
    address = folder / "s"
    arguments = ["--port", "0", "--unixsocket", str(address), "--dir", str(folder), "--save", "", "--aclfile", str(acl)]
    process = subprocess.Popen([choose_binary(installed_binaries()).path, *arguments], stdout=subprocess.DEVNULL)
    until(address.exists)
    yield address
    process.kill()
    process.wait()


def client(server: Path) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(server), username="maskbot", password="secret")


def test_a_celery_worker_lives_and_answers_a_bell_under_these_rules(server: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    url = f"redis+socket://maskbot:secret@{server}"
    command = [sys.executable, "-c", WORKER, url, str(seen)]
    worker = subprocess.Popen([*command, "work"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        subprocess.run([*command, "send"], check=True, timeout=30)
        assert until(lambda: seen.read_text() if seen.exists() else "") == "rung"
    finally:
        worker.terminate()
        output, _ = worker.communicate(timeout=30)
    assert "NOPERM" not in output


def test_scripts_are_loaded_and_run_by_digest_but_never_sent_to_run(server: Path) -> None:
    with client(server) as redis_client:
        digest = redis_client.script_load("return redis.call('TIME')")
        assert redis_client.evalsha(digest, 0)
        with pytest.raises(redis.exceptions.NoPermissionError):
            redis_client.eval("return 1", 0)


@pytest.mark.parametrize("command", FORBIDDEN)
def test_what_reads_or_changes_the_server_itself_is_refused(server: Path, command: str) -> None:
    with client(server) as redis_client, pytest.raises(redis.exceptions.NoPermissionError):
        redis_client.execute_command(*command.split())


def test_nobody_gets_in_without_the_password(server: Path) -> None:
    once = Retry(NoBackoff(), 0)
    with (
        redis.Redis(unix_socket_path=str(server), retry=once) as stranger,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        stranger.ping()
