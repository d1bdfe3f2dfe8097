"""The supervisor's few words with a Redis, against answers that are errors, cut off, absurd or absent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workers.redis_call import LONGEST_TEXT, MOST_TEXTS, call


@pytest.fixture
def answering(tmp_path: Path) -> Iterator[Callable[[bytes], Path]]:
    """Starts a server that answers one question with fixed bytes; gives its socket."""
    listener = socket.socket(socket.AF_UNIX)
    threads = []

    def start(answer: bytes) -> Path:
        address = tmp_path / "s"
        listener.bind(str(address))
        listener.listen()

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(answer)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return address

    yield start
    for thread in threads:
        thread.join()
    listener.close()


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        (b"+PONG\r\n", ("PONG",)),
        (b":7\r\n", ("7",)),
        (b"$4\r\na\r\nb\r\n", ("a\r\nb",)),
        (b"*2\r\n$4\r\nport\r\n$1\r\n0\r\n", ("port", "0")),
        (b"*0\r\n", ()),
    ],
)
def test_an_answer_is_read_as_its_texts(
    answering: Callable[[bytes], Path], answer: bytes, texts: tuple[str, ...]
) -> None:
    assert call(answering(answer), "PING") == texts


@pytest.mark.parametrize(
    "answer",
    [
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"",
        b"$5\r\nab",
        b"$x\r\n",
        b"$-1\r\n",
        b"$%d\r\n" % (LONGEST_TEXT + 1),
        b"*%d\r\n" % (MOST_TEXTS + 1),
        b"*1\r\n*1\r\n$1\r\na\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"+\xff\r\n",
    ],
)
def test_an_answer_that_is_an_error_or_nonsense_is_none(answering: Callable[[bytes], Path], answer: bytes) -> None:
    assert call(answering(answer), "PING") is None


def test_no_server_is_no_answer(tmp_path: Path) -> None:
    assert call(tmp_path / "absent", "PING") is None
