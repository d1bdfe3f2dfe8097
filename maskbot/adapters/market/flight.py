"""Single flight: whoever asks for what is being fetched waits for that one fetch. Source: price-cards.md 3."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

_Found = TypeVar("_Found")


class Flights(Generic[_Found]):
    """Fetches under way, by key. Safe to share between threads."""

    def __init__(self) -> None:
        self._under_way: dict[str, Future[_Found]] = {}
        self._lock = Lock()

    def join(self, key: str, fetch: Callable[[], _Found]) -> _Found:
        """What `fetch` finds, or the one that another thread has begun for the same key; its error is everybody's."""
        with self._lock:
            flight = self._under_way.get(key)
            is_first = flight is None
            if flight is None:
                flight = self._under_way[key] = Future()
        if not is_first:
            return flight.result()
        try:
            found = fetch()
        except BaseException as error:
            flight.set_exception(error)
            raise
        else:
            flight.set_result(found)
            return found
        finally:
            with self._lock:
                self._under_way.pop(key, None)
