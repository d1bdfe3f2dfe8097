"""An event loop in a background thread, so that callers stay synchronous and no slow socket can hold them longer than
they allow."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from maskbot.domain.errors import Unconfirmed

T = TypeVar("T")

_GRACE_S = 5.0


class LoopThread:
    """Starts on first use. After a fork the child gets a loop of its own (`is_foreign` tells the owner to build
    anew)."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._pid = os.getpid()
        self._started: set[concurrent.futures.Future[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gun relays", daemon=True)
        self._thread.start()

    @property
    def is_foreign(self) -> bool:
        """True in a forked child: threads do not survive a fork."""
        return self._pid != os.getpid()

    def run(self, coroutine: Coroutine[Any, Any, T], *, timeout_s: float) -> T:
        """Run a coroutine in the loop and return its result; it bounds its own time, `timeout_s` is that bound.

        Raises:
            Unconfirmed: the loop was closed meanwhile, or hangs.
        """
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return future.result(timeout_s + _GRACE_S)
        except concurrent.futures.CancelledError as error:
            raise Unconfirmed("the GUN client was closed meanwhile", kind="GunClientClosed") from error
        except TimeoutError as error:
            future.cancel()
            raise Unconfirmed("the GUN client did not return in time", kind="GunClientHangs") from error

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start a coroutine in the loop and return at once. It goes on even when the caller drops the future."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        self._started.add(future)  # the loop itself holds its tasks weakly only
        future.add_done_callback(self._started.discard)
        return future

    def stop(self) -> None:
        """Cancel what is under way, end the loop and its thread."""
        asyncio.run_coroutine_threadsafe(_cancel_others(), self._loop).result(_GRACE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_GRACE_S)
        if not self._thread.is_alive():
            self._loop.close()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
