"""The vault's socket: hostile frames, foreign users, restarts, and the process as a whole."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest

from maskbot.adapters.store.upgrade import upgrade
from maskbot.adapters.vault import VaultClient, is_answering
from maskbot.adapters.vault.errors import SocketUnusable, VaultAway
from maskbot.adapters.vault.protocol import (
    Ping,
    decode_answer,
    encode_request,
)
from maskbot.adapters.vault.server import VaultServer
from maskbot.adapters.vault.socket_frames import receive_frame
from maskbot.domain.errors import Malformed, MaskbotError, Misconfigured, Unavailable
from maskbot.ports.inside import KeySource
from tests.unit.adapters.vault_stage import VaultStage, vault_stage


@pytest.fixture
def stage() -> Iterator[VaultStage]:
    with vault_stage(is_remote=True) as made:
        yield made


@pytest.fixture
def local() -> Iterator[VaultStage]:
    with vault_stage(is_remote=False) as made:
        yield made


def answer_to(stage: VaultStage, *sent: bytes, closes: bool = False) -> bytes | None:
    """What the server says to raw bytes."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(str(stage.socket))
        for part in sent:
            connection.sendall(part)
        if closes:
            connection.shutdown(socket.SHUT_WR)
        return receive_frame(connection)


def frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


DEEP = b"\x91" * 100_000
GARBAGE = {
    "nothing": frame(b""),
    "noise": frame(b"\xc1\xff\x00"),
    "text": frame(b"GET / HTTP/1.1\r\n\r\n"),
    "too large": b"\xff\xff\xff\xff",
    "just too large": (8 * 1024 * 1024 + 1).to_bytes(4, "big"),
    "deep": frame(DEEP),
    "claims many items": frame(b"\xdd\xff\xff\xff\xff"),
    "a map": frame(msgpack.packb({"a": 1})),
    "trailing bytes": frame(msgpack.packb([1, "ping"]) + b"\x00"),
    "another version": frame(msgpack.packb([2, "ping"])),
    "a field too many": frame(msgpack.packb([1, "ping", 1])),
    "a field of another kind": frame(msgpack.packb([1, "erase", 7])),
    "a truth for a number": frame(msgpack.packb([1, "unseal", "p", [[True, None, b"", b""]]])),
    "a cut list": frame(msgpack.packb([1, "unseal", "p", [[-37, None, b""]]])),
    "an extension": frame(msgpack.packb([1, "erase", msgpack.ExtType(5, b"x")])),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_gets_a_named_error_and_the_vault_lives_on(stage: VaultStage, name: str) -> None:
    body = answer_to(stage, GARBAGE[name])
    assert body is not None
    with pytest.raises(Malformed) as refusal:
        decode_answer(body)
    assert refusal.value.kind == "BadFrame"
    assert is_answering(stage.socket)


def test_an_unknown_request_is_for_later_and_the_conversation_goes_on(stage: VaultStage) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(5)
        connection.connect(str(stage.socket))
        connection.sendall(frame(msgpack.packb([1, "give_me_all_keys"])) + encode_request(Ping()))
        first, second = receive_frame(connection), receive_frame(connection)
    assert first is not None
    assert second is not None
    with pytest.raises(Unavailable) as refusal:  # Malformed would end the job of a worker newer than its vault
        decode_answer(first)
    assert refusal.value.kind == "UnknownRequest"
    assert decode_answer(second) is None


@pytest.mark.parametrize("cut", [b"\x00\x00", b"\x00\x00\x00\x10", b"\x00\x00\x00\x10half"])
def test_a_frame_that_ends_early_is_no_request(stage: VaultStage, cut: bytes) -> None:
    body = answer_to(stage, cut, closes=True)
    assert body is not None
    with pytest.raises(Malformed):
        decode_answer(body)
    assert is_answering(stage.socket)


def test_socket_and_folder_are_private(stage: VaultStage) -> None:
    assert stat.S_IMODE(stage.socket.stat().st_mode) == 0o600
    assert stat.S_IMODE(stage.socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE((stage.folder / "kek").stat().st_mode) == 0o600


def test_a_process_of_another_user_is_refused(local: VaultStage) -> None:
    server = VaultServer(local.restarted(), path=local.socket, allowed_uids=frozenset({os.getuid() + 1}))
    server.start()
    with pytest.raises(Misconfigured) as refusal:
        VaultClient(local.socket).ping()
    assert refusal.value.kind == "PeerRefused"
    assert not is_answering(local.socket)
    server.stop()


def test_two_vaults_never_serve_one_socket_and_a_left_over_one_is_replaced(stage: VaultStage) -> None:
    with pytest.raises(SocketUnusable, match="another vault"):
        VaultServer(stage.restarted(), path=stage.socket).start()
    left_over = stage.folder / "o" / "v.sock"
    left_over.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(left_over))
    second = VaultServer(stage.restarted(), path=left_over)
    second.start()
    assert is_answering(left_over)
    second.stop()
    second.stop()
    assert not left_over.exists()


def test_a_folder_open_to_others_and_a_long_path_are_refused(local: VaultStage) -> None:
    folder = local.folder / "open"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(SocketUnusable, match="chmod 700"):
        VaultServer(local.restarted(), path=folder / "v.sock").start()
    with pytest.raises(SocketUnusable, match="107"):
        VaultServer(local.restarted(), path=local.folder / ("x" * 100) / "v.sock").start()
    with pytest.raises(SocketUnusable, match="107"):
        VaultClient(local.folder / ("x" * 100))


def test_a_client_outlives_a_restart_of_the_vault(local: VaultStage) -> None:
    client = VaultClient(local.socket)
    with pytest.raises(VaultAway):
        client.ping()
    for _ in range(3):
        server = VaultServer(local.restarted(), path=local.socket)
        server.start()
        threads = [threading.Thread(target=client.ping) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        server.stop()
    with pytest.raises(VaultAway):
        client.ping()
    client.close()


def test_a_vault_that_hangs_is_unavailable(local: VaultStage) -> None:
    local.socket.parent.mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(local.socket))
        silent.listen()
        client = VaultClient(local.socket, timeout_s=0.05)
        with pytest.raises(Unavailable):
            client.sign(persona_id="p", message=b"")


def test_a_fault_of_the_vault_is_told_without_its_text(local: VaultStage) -> None:
    keyring = local.restarted()
    server = VaultServer(keyring, path=local.socket)
    server.start()
    client = VaultClient(local.socket)
    with local.store.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE vault_audit RENAME TO gone")
    client.create(persona_id="p", tenant_id="t", source=KeySource(private_key=bytes(31) + b"\x05"))
    with pytest.raises(MaskbotError) as failure:
        client.erase(persona_id="p")
    assert "05" not in str(failure.value)
    client.ping()
    client.close()
    server.stop()


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="mb-h-"))
    yield folder
    shutil.rmtree(folder)


def test_the_process_serves_until_sigterm_dumps_no_core_and_logs_no_secret(home: Path) -> None:
    upgrade(f"sqlite:///{home}/maskbot.db")
    kek = "5a" * 32
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MASKBOT_")}
    environment |= {
        "MASKBOT_HOME": str(home),
        "MASKBOT_KEK": kek,
        "MASKBOT_LOG_LEVEL": "DEBUG",
        "MASKBOT_LOG_FORMAT": "json",
    }
    command = [sys.executable, "-m", "workers.run", "vault"]
    vault = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        path = home / "sockets" / "vault.sock"
        assert vault.stdout is not None
        said = [next(vault.stdout)]
        while b"vault.ready" not in said[-1]:
            said.append(next(vault.stdout))
        limits = Path(f"/proc/{vault.pid}/limits").read_text()
        (cores,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert cores.split()[4:6] == ["0", "0"]
        client = VaultClient(path)
        client.create(persona_id="p", tenant_id="t", source=KeySource(private_key=b"\x5b" * 32))
        client.sign(persona_id="p", message=b"")
        with pytest.raises(Misconfigured, match="set by a variable"):
            client.rewrap(rotate=True)
        client.close()
        vault.send_signal(signal.SIGTERM)
        output, _ = vault.communicate(timeout=20)
    finally:
        vault.kill()
        vault.wait()
    assert vault.returncode == 0, output
    assert not path.exists()
    for secret in (kek.encode(), b"\x5b" * 8, b"5b5b5b5b"):
        assert secret not in b"".join(said) + output
