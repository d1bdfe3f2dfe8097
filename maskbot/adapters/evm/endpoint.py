"""One JSON-RPC node: asks through a web3 provider, and gives back results or the node's complaints, both bounded.

The provider's raw answers are used, not web3's formatted ones: a hostile answer must become a named error, not whatever a formatter
raises on it. Nothing is retried here. A URL may hold an access key, so only the host is ever named.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from maskbot.adapters.evm.errors import NodeUnavailable, NodeUnreachable, problem_of
from maskbot.adapters.evm.fields import Json, quantity
from maskbot.adapters.evm.provider import (
    LARGEST_ANSWER_BYTES,
    AnswerTooLarge,
    AnswerTooSlow,
    BoundedProvider,
    HttpAnswer,
)
from maskbot.domain.errors import Misconfigured
from maskbot.ports.chain import NodeAnswerMalformed, WrongChain

_CHAIN_ID_HOLDS_S = 60.0


@dataclass(frozen=True, slots=True)
class Problem:
    """What a node answers instead of a result. `data` is what a contract gave back, b'' without."""

    code: int
    message: str
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Result:
    """What a node answers."""

    value: Json


class Endpoint:
    """One node of one chain. Safe to use from several threads."""

    def __init__(
        self,
        url: str,
        *,
        chain_id: int,
        timeout_s: float = 10.0,
        largest_bytes: int = LARGEST_ANSWER_BYTES,
        ca_bundle: str | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise Misconfigured("a chain node is named by an http(s) URL")
        self.host = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
        self._chain_id = chain_id
        self._checked_until_s = float("-inf")
        self._lock = threading.Lock()
        self._provider = BoundedProvider(url, timeout_s=timeout_s, largest_bytes=largest_bytes, ca_bundle=ca_bundle)

    def check_chain(self, *, is_forced: bool = False) -> None:
        """Ask for the chain id, unless it was right within the last minute. Raises WrongChain, Unavailable, NodeAnswerMalformed."""
        with self._lock:
            if not is_forced and time.monotonic() < self._checked_until_s:
                return
        found = quantity(self._result("eth_chainId", []), where="chainId")
        if found != self._chain_id:
            raise WrongChain(f"the node {self.host} serves chain {found}; it was set up for chain {self._chain_id}")
        with self._lock:
            self._checked_until_s = time.monotonic() + _CHAIN_ID_HOLDS_S

    def ask(self, method: str, *params: Json) -> Json:
        """The result of one call. Raises WrongChain, Unavailable, NodeAnswerMalformed, or what the complaint means."""
        self.check_chain()
        return self._result(method, list(params))

    def ask_raw(self, method: str, *params: Json) -> Result | Problem:
        """The result or the complaint of one call. Raises WrongChain, Unavailable, NodeAnswerMalformed."""
        self.check_chain()
        return self._answer(method, list(params))

    def ask_many(self, calls: Sequence[tuple[str, Sequence[Json]]]) -> list[Result | Problem]:
        """The results of several calls in one exchange, in order. Raises WrongChain, Unavailable, NodeAnswerMalformed."""
        self.check_chain()
        questions = [_question(at, method, params) for at, (method, params) in enumerate(calls)]
        answers = self._exchange(json.dumps(questions).encode())
        if isinstance(answers, dict):
            problem = _read_answer(answers)
            raise problem_of(problem) if isinstance(problem, Problem) else NodeAnswerMalformed("expected a list")
        by_id = _by_id(answers)
        if len(by_id) != len(calls) or not all(at in by_id for at in range(len(calls))):
            raise NodeAnswerMalformed("the answers do not belong to the questions")
        return [_read_answer(by_id[at]) for at in range(len(calls))]

    def close(self) -> None:
        """Close its connections."""
        self._provider.close()

    def _result(self, method: str, params: list[Json]) -> Json:
        answer = self._answer(method, params)
        if isinstance(answer, Problem):
            raise problem_of(answer)
        return answer.value

    def _answer(self, method: str, params: list[Json]) -> Result | Problem:
        return _read_answer(self._exchange(json.dumps(_question(0, method, params)).encode()))

    def _exchange(self, body: bytes) -> Json:
        """The JSON that answers some bytes. Every exception of the SDKs becomes one of ours."""
        try:
            answer = self._provider.post(body)
        except AnswerTooLarge as error:
            raise NodeAnswerMalformed(f"{self.host}: {error}", kind="NodeAnswerTooLarge") from error
        except (NewConnectionError, ConnectTimeoutError) as error:
            raise NodeUnreachable(f"the node {self.host} cannot be reached") from error
        except (AnswerTooSlow, ReadTimeoutError, TimeoutError) as error:
            raise NodeUnavailable(f"the node {self.host} does not answer in time") from error
        except (HTTPError, OSError) as error:
            raise NodeUnavailable(f"the connection to the node {self.host} broke") from error
        if answer.status >= 300:
            return self._refused(answer)
        try:
            return self._provider.decode_rpc_response(answer.body)
        except (ValueError, RecursionError) as error:  # JSON, UTF-8, too large a number, too deep
            raise NodeAnswerMalformed(f"the node {self.host} answers something else than JSON-RPC") from error

    def _refused(self, answer: HttpAnswer) -> Json:
        """An HTTP error status: some nodes put their JSON-RPC complaint into it."""
        if answer.status not in (429, 502, 503, 504):
            try:
                found: Json = self._provider.decode_rpc_response(answer.body)
            except (ValueError, RecursionError):  # no JSON-RPC in it, so the status is all there is
                found = None
            if isinstance(found, dict) and "error" in found:
                return found
        after = answer.headers.get("retry-after", "")
        pause_s = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else None
        raise NodeUnavailable(f"the node {self.host} answers with status {answer.status}", retry_after_s=pause_s)


def value_of(answer: Result | Problem) -> Json:
    """The result. Raises what the complaint means."""
    if isinstance(answer, Problem):
        raise problem_of(answer)
    return answer.value


def _question(identifier: int, method: str, params: Sequence[Json]) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": identifier, "method": method, "params": list(params)}


def _by_id(answers: Json) -> dict[int, Json]:
    """The answers of a batch, which may come in any order."""
    if not isinstance(answers, list):
        return {}
    return {one["id"]: one for one in answers if isinstance(one, dict) and isinstance(one.get("id"), int)}


def _read_answer(answer: Json) -> Result | Problem:
    if not isinstance(answer, dict):
        raise NodeAnswerMalformed("expected a JSON-RPC answer")
    problem = answer.get("error")
    if problem is None:
        if "result" not in answer:
            raise NodeAnswerMalformed("expected a result or an error")
        return Result(answer["result"])
    if not isinstance(problem, dict):
        return Problem(0, str(problem)[:500], None)
    code = problem.get("code")
    return Problem(
        code if isinstance(code, int) else 0, str(problem.get("message", ""))[:500], _data(problem.get("data"))
    )


def _data(value: Json) -> bytes | None:
    """What the contract gave back: hex, bare or within an object (nodes differ); None when there is none."""
    if isinstance(value, dict):
        value = value.get("data")
    if not isinstance(value, str) or not value.startswith("0x"):
        return None
    try:
        return bytes.fromhex(value[2 : 2 + 8192])
    except ValueError:
        return None
