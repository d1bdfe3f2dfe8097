"""An operator for the tests of commands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.cli.operator import Operator, operator_at_work


@pytest.fixture
def operator() -> Iterator[Operator]:
    with operator_at_work() as working:
        yield working
