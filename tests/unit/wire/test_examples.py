"""The library faces each show an example, and it gives what it says."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

FACES = ("payload", "gun", "persona", "picture", "crypto", "red_packet", "draw", "transaction", "post_text", "card")
LIBRARY = FACES[:5]
"""The faces that others import (issue 3): these must have an example."""


@pytest.mark.parametrize("name", FACES)
def test_the_examples_of_a_face_run(name: str) -> None:
    outcome = doctest.testmod(import_module(f"maskbot.wire.{name}"))
    assert outcome.failed == 0
    assert outcome.attempted > 0 or name not in LIBRARY


@pytest.mark.parametrize("name", LIBRARY)
def test_a_library_face_names_everything_it_offers(name: str) -> None:
    face = import_module(f"maskbot.wire.{name}")
    assert face.__doc__
    for offered in face.__all__:
        assert getattr(face, offered) is not None
