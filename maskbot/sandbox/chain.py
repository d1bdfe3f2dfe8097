"""A real Ethereum node (anvil) as a child process on loopback, with its own chain, clock and memory.

Source: reliability.md F.1. The node is the locked npm part, or the `anvil` on PATH where npm has none for the machine. It chooses
its free port and tells it; a restarted node keeps port and state. It ends with its parent (workers/lifeline.py): start it from a
thread that lives as long as it should. Money here is worth nothing, so its keys come from a fixed text.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from maskbot.domain.errors import Unavailable
from maskbot.domain.money import Address
from maskbot.sandbox import node
from maskbot.wire.crypto import address_text, keccak256, public_key_of, uncompress

ETHER = 10**18
_ACCOUNTS = 10
_START_TIMEOUT_S = 30.0
_CALL_TIMEOUT_S = 60.0
_GAS = 8_000_000
_MOST_LOOKS = 3_000
_LISTENING = re.compile(rb"Listening on 127\.0\.0\.1:([0-9]+)")
_PLATFORMS = {"linux-x86_64": "linux-amd64"}

Json = Any  # what the node answers is any JSON value


class ChainPartFailed(Unavailable):
    """The node did not start, has ended, or refuses a request of the sandbox."""

    kind = "SandboxPartFailed"


@dataclass(frozen=True, slots=True)
class DevAccount:
    """A funded account of the sandbox; its key is public knowledge."""

    key: bytes
    address: Address


def dev_account(index: int) -> DevAccount:
    """The sandbox account of this number: always the same one."""
    key = keccak256(f"maskbot sandbox account {index}".encode())
    return DevAccount(key, Address(keccak256(uncompress(public_key_of(key))[1:])[12:]))


class Anvil:
    """One chain. Without `block_time_s` every transaction gets its block at once; `accounts` dev accounts own 10,000 coins each.
    Thousands of blocks are mined faster when old states are not kept (`keeps_history`); blocks and events always are."""

    def __init__(
        self,
        folder: Path,
        *,
        chain_id: int = 31337,
        block_time_s: int | None = None,
        accounts: int = _ACCOUNTS,
        save_every_s: int | None = None,
        keeps_history: bool = True,
        options: Iterable[str] = (),
        parts: Path | None = None,
    ) -> None:
        self._executable = _executable(parts)
        self._folder = folder
        self._chain_id = chain_id
        self._accounts = accounts
        self._options = ["--host", "127.0.0.1", "--accounts", "1", "--chain-id", str(chain_id), *options]
        self._options += ["--state", str(folder / "state.json"), "--threads", "2"]
        self._options.append("--preserve-historical-states" if keeps_history else "--prune-history")
        if block_time_s is not None:
            self._options += ["--block-time", str(block_time_s)]
        if save_every_s is not None:
            self._options += ["--state-interval", str(save_every_s)]
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Its JSON-RPC address."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def chain_id(self) -> int:
        """The chain id it was started with."""
        return self._chain_id

    @property
    def pid(self) -> int:
        """Its process id; 0 while it does not run."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> Self:
        """Start the node and return when it answers; one that runs is left alone.

        Raises:
            ChainPartFailed: it did not listen in time.
        """
        if self._process is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            is_new = not (self._folder / "state.json").exists()
            self._spawn()
            if is_new:
                self.fund([dev_account(index).address for index in range(self._accounts)])
        return self

    def stop(self) -> None:
        """End the node in an orderly way: its state is saved."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the node at once; what it had not saved is lost."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze it: its sockets stay open and nothing answers."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let a paused node go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def request(self, method: str, *params: Json) -> Json:
        """The result of one JSON-RPC call. Raises ChainPartFailed when the node answers with an error."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_CALL_TIMEOUT_S)
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        try:
            connection.request("POST", "/", body, {"Content-Type": "application/json"})
            answer = json.loads(connection.getresponse().read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise ChainPartFailed(f"anvil does not answer {method}: {error}") from error
        finally:
            connection.close()
        if "error" in answer:
            raise ChainPartFailed(f"anvil refuses {method}: {answer['error']}")
        return answer["result"]

    def mine(self, blocks: int = 1, *, gap_s: int = 1) -> None:
        """Mine so many blocks, `gap_s` seconds of chain time apart."""
        self.request("anvil_mine", hex(blocks), hex(gap_s))

    def advance(self, seconds: int) -> None:
        """Move the chain's clock ahead and mine a block."""
        self.request("evm_increaseTime", seconds)
        self.mine()

    def set_next_time(self, time_s: int) -> None:
        """Give the next block exactly this time."""
        self.request("evm_setNextBlockTimestamp", time_s)

    def set_automine(self, *, is_on: bool) -> None:
        """Whether a block is mined for each transaction."""
        self.request("evm_setAutomine", is_on)

    def snapshot(self) -> str:
        """A mark to come back to, once."""
        return str(self.request("evm_snapshot"))

    def revert(self, mark: str) -> None:
        """Go back to a mark: state, blocks and clock."""
        if self.request("evm_revert", mark) is not True:
            raise ChainPartFailed("anvil does not know this snapshot")

    def reorg(self, depth: int) -> None:
        """Replace the newest `depth` blocks by empty ones; their transactions are forgotten, and not back in the pool."""
        self.request("anvil_reorg", depth, [])

    def fund(self, addresses: Iterable[Address], *, wei: int = 10_000 * ETHER) -> None:
        """Set the balance of accounts."""
        for address in addresses:
            self.request("anvil_setBalance", address_text(address), hex(wei))

    def send_as(self, sender: Address, *, to: Address | None, data: bytes, wei: int = 0) -> Json:
        """Send a transaction of any account, without its key, and return the receipt. Raises ChainPartFailed: it failed."""
        self.request("anvil_impersonateAccount", address_text(sender))
        fields = {"from": address_text(sender), "data": "0x" + data.hex(), "value": hex(wei), "gas": hex(_GAS)}
        if to is not None:
            fields["to"] = address_text(to)
        sent = self.request("eth_sendTransaction", fields)
        for _ in range(_MOST_LOOKS):
            receipt = self.request("eth_getTransactionReceipt", sent)
            if receipt is not None:
                break
            time.sleep(0.01)
        if receipt is None or receipt["status"] != "0x1":
            raise ChainPartFailed("the transaction failed")
        return receipt

    def deploy(self, code: bytes, *, sender: Address | None = None) -> Address:
        """Create a contract from code with its constructor arguments behind; by default the first dev account does."""
        receipt = self.send_as(sender or dev_account(0).address, to=None, data=code)
        return Address(bytes.fromhex(receipt["contractAddress"][2:]))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.kill()

    def _spawn(self) -> None:
        spec = importlib.util.find_spec("workers.lifeline")
        assert spec is not None
        assert spec.origin is not None
        lifeline = [sys.executable, "-I", "-S", spec.origin, str(os.getpid()), str(int(signal.SIGKILL))]
        with (self._folder / "anvil.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*lifeline, str(self._executable), "--port", str(self._port), *self._options],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        heard: queue.Queue[int] = queue.Queue()
        threading.Thread(target=_drain, args=(self._process, heard), name="anvil", daemon=True).start()
        try:
            self._port = heard.get(timeout=_START_TIMEOUT_S)
        except queue.Empty:
            self.kill()
            raise ChainPartFailed(f"anvil did not start; see {self._folder / 'anvil.log'}") from None

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(number)
        self._process.send_signal(signal.SIGCONT)
        try:
            self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._process = None


def _drain(process: subprocess.Popen[bytes], heard: queue.Queue[int]) -> None:
    """Read what the node says to its end, so that it never blocks; the first address is told."""
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            found = _LISTENING.search(line)
            if found is not None:
                heard.put(int(found.group(1)))


def _executable(parts: Path | None) -> Path:
    platform = _PLATFORMS.get(f"{sys.platform}-{os.uname().machine}")
    if platform is not None:
        folder = node.installed_parts(parts)
        path = folder / "node_modules" / "@foundry-rs" / f"anvil-{platform}" / "bin" / "anvil"
        if path.is_file():
            return path
    on_path = shutil.which("anvil")
    if on_path is None:
        raise node.NodeMissing("npm has no anvil for this machine; put anvil 1.7.1 (Foundry) on PATH")
    return Path(on_path)
