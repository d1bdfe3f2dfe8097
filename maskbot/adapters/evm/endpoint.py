"""One JSON-RPC node: asks through web3's HTTP provider, and gives back results or the node's complaints, both bounded.

The provider's raw answers are used, not web3's formatted ones: a hostile answer must become a named error, not whatever a formatter
raises on it. Nothing is retried here. A URL may hold an access key, so only the host is ever named.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NewConnectionError
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from maskbot.adapters.evm.errors import NodeUnavailable, NodeUnreachable, problem_of
from maskbot.adapters.evm.fields import Json, quantity
from maskbot.adapters.evm.session import LARGEST_ANSWER_BYTES, AnswerTooLarge, bounded_session
from maskbot.domain.errors import MaskbotError, Misconfigured
from maskbot.ports.chain import NodeAnswerMalformed, WrongChain

CONNECT_TIMEOUT_S = 5.0
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
        self._session = bounded_session(longest_s=timeout_s, largest_bytes=largest_bytes, ca_bundle=ca_bundle)
        self._provider = HTTPProvider(
            url,
            request_kwargs={"timeout": (min(CONNECT_TIMEOUT_S, timeout_s), timeout_s), "allow_redirects": False},
            session=self._session,
            exception_retry_configuration=None,
        )

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
        return _read_answer(self._exchange(method, list(params)))

    def ask_many(self, calls: Sequence[tuple[str, Sequence[Json]]]) -> list[Result | Problem]:
        """The results of several calls in one exchange, in order. Raises WrongChain, Unavailable, NodeAnswerMalformed."""
        self.check_chain()
        batch = [(RPCEndpoint(method), list(params)) for method, params in calls]
        answers = self._guarded(lambda: self._provider.make_batch_request(batch))
        if isinstance(answers, dict):
            problem = _read_answer(answers)
            raise problem_of(problem) if isinstance(problem, Problem) else NodeAnswerMalformed("expected a list")
        if not isinstance(answers, list) or len(answers) != len(calls):
            raise NodeAnswerMalformed(f"expected {len(calls)} answers")
        first = answers[0].get("id") if isinstance(answers[0], dict) else None
        if not isinstance(first, int) or any(one.get("id") != first + at for at, one in enumerate(answers)):
            raise NodeAnswerMalformed("the answers do not belong to the questions")
        return [_read_answer(one) for one in answers]

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def _result(self, method: str, params: list[Json]) -> Json:
        answer = _read_answer(self._exchange(method, params))
        if isinstance(answer, Problem):
            raise problem_of(answer)
        return answer.value

    def _exchange(self, method: str, params: list[Json]) -> Json:
        return self._guarded(lambda: self._provider.make_request(RPCEndpoint(method), params))

    def _guarded(self, exchange: Any) -> Json:  # a thunk around the SDK
        """Run one exchange; every exception of the SDK becomes one of ours."""
        try:
            return exchange()
        except requests.HTTPError as error:
            return self._refused(error)
        except AnswerTooLarge as error:
            raise NodeAnswerMalformed(f"{self.host}: {error}", kind="NodeAnswerTooLarge") from error
        except requests.ConnectTimeout as error:
            raise NodeUnreachable(f"the node {self.host} cannot be reached") from error
        except requests.ConnectionError as error:
            if _is_unsent(error):
                raise NodeUnreachable(f"the node {self.host} cannot be reached") from error
            raise NodeUnavailable(f"the connection to the node {self.host} broke") from error
        except requests.RequestException as error:
            raise NodeUnavailable(f"the node {self.host} does not answer in time") from error
        except MaskbotError:
            raise
        except Exception as error:  # web3 decodes and sorts answers without care: JSON, UTF-8, recursion, missing ids
            raise NodeAnswerMalformed(f"the node {self.host} answers something else than JSON-RPC") from error

    def _refused(self, error: requests.HTTPError) -> Json:
        """An HTTP error status: some nodes put their JSON-RPC complaint into it."""
        status = error.response.status_code
        if status not in (429, 502, 503, 504):
            try:
                answer = self._provider.decode_rpc_response(error.response.content)
            except Exception:  # no JSON-RPC in it, so the status is all there is
                answer = cast("Any", None)
            if isinstance(answer, dict) and "error" in answer:
                return answer
        after = error.response.headers.get("retry-after", "")
        pause_s = float(after) if after.isascii() and after.isdigit() and len(after) < 6 else None
        raise NodeUnavailable(f"the node {self.host} answers with status {status}", retry_after_s=pause_s) from error


def _is_unsent(error: BaseException) -> bool:
    """Whether the connection never came to be, so that nothing was sent."""
    inner = error.args[0] if error.args else None
    return isinstance(getattr(inner, "reason", None), NewConnectionError)


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
