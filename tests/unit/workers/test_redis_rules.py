"""The Redis of docker-compose.yml, started by its own command: a whole Celery life works under its rules, nothing that hurts does
(E15), and what was written is still there after a restart."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from maskbot.adapters.market.redis_store import RedisStore
from maskbot.adapters.redis_ping import redis_failure
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


class Server:
    """The service `redis`, with its command as it stands in the file, in a folder instead of a container."""

    def __init__(self, folder: Path, *, binary: Path) -> None:
        service = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["redis"]
        self.socket = folder / "s"
        (folder / "redis-server").symlink_to(binary)
        *shell, script = service["command"]
        script = script.replace("$$", "$").replace("/tmp/", f"{folder}/").replace("/data", str(folder)).rstrip()
        self._command = [*shell, f"{script} --port 0 --unixsocket {shlex.quote(str(self.socket))}"]
        self._variables = {**service["environment"], "REDISCLI_AUTH": "secret"}
        self._variables["PATH"] = f"{folder}{os.pathsep}{os.environ['PATH']}"
        self.start()

    def start(self) -> None:
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(self._command, env=self._variables, stdout=subprocess.DEVNULL)
        until(self.socket.exists)

    def end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        self._process.wait()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("r"), binary=choose_binary(installed_binaries()).path)
    yield server
    server.end(signal.SIGKILL)


@pytest.fixture
def server(running: Server) -> Path:
    return running.socket


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


def test_the_markets_memory_is_kept_under_these_rules(server: Path) -> None:
    store = RedisStore(f"redis+socket://maskbot:secret@{server}")
    store.put("rules", "kept", ttl_s=60)
    assert (store.get("rules"), store.count("rules-calls", 60), store.count("rules-calls", 60)) == ("kept", 1, 2)
    store.close()


def test_a_check_finds_it_well_and_without_the_password_not(server: Path) -> None:
    assert redis_failure(f"redis+socket://maskbot:secret@{server}") is None
    assert redis_failure(f"redis+socket://{server}") == "does not answer (AuthenticationError)"


@pytest.mark.parametrize("binary", installed_binaries(), ids=str)
def test_what_was_written_is_there_after_a_restart(tmp_path: Path, binary: Path) -> None:
    """Redis 7, where it is on PATH, forgets transactions unless the default user may do what they did."""
    server = Server(tmp_path, binary=binary)
    with client(server.socket) as redis_client, redis_client.pipeline(transaction=True) as pipe:
        pipe.incr("together").lpush("bells", "rung").execute()
    server.end(signal.SIGTERM)
    server.start()
    with client(server.socket) as redis_client:
        until(lambda: _answers(redis_client))
        assert (redis_client.get("together"), redis_client.lrange("bells", 0, -1)) == (b"1", [b"rung"])
    server.end(signal.SIGKILL)


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


def _answers(redis_client: redis.Redis) -> bool:
    try:
        return bool(redis_client.ping())
    except redis.RedisError:
        return False
