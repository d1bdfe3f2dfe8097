"""A till on a chain in memory, for every test of a payment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.till import FakeTill, fake_till


@pytest.fixture
def till(tmp_path: Path) -> Iterator[FakeTill]:
    made = fake_till(tmp_path)
    yield made
    made.close()
