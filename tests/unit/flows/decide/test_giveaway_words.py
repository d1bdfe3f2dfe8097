"""What is published fits a post on X, whatever titles, codes, words and amounts a treasurer chooses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from maskbot.domain.giveaway import Entrant, Giveaway, Mode, Rules
from maskbot.domain.identity import PersonId, Platform
from maskbot.domain.money import NATIVE, Token
from maskbot.flows.decide.giveaway.close import closing_text, late_text
from maskbot.flows.decide.giveaway.draw import result_text
from maskbot.flows.decide.giveaway.open import opening_text
from maskbot.wire.post_text import X_LIMITS, fits
from tests.fakes.giveaways import address_of

names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=120)


def entrant(number: int, handle: str) -> Entrant:
    return Entrant(
        bytes([number]) * 32, PersonId("x:1"), Platform.X, handle, address_of(number), "a", "1", entered_at_ms=0
    )


@given(
    title=names,
    code=st.from_regex(r"[a-z][a-z0-9-]{1,30}", fullmatch=True),
    word=st.text("#gmäあ🌱", max_size=24),
    prize=st.integers(1, 10**30),
    handles=st.lists(names.map(lambda name: f"p{name}"), max_size=30),
)
def test_every_announcement_fits(title: str, code: str, word: str, prize: int, handles: list[str]) -> None:
    token = Token(1, NATIVE, "ETH", 18)
    rules = Rules(
        "g", code, title, token, (prize,) * 30, 1, 2, Mode.DRAWN, "block 1 999999999", entry_word=word, draws_at_ms=3
    )
    giveaway = Giveaway("g", "t", rules, "drawn", ("a",), root=bytes(32), entrant_count=99_999)
    winners = [entrant(number, handle) for number, handle in enumerate(handles)]
    for text in (
        opening_text(giveaway),
        closing_text(giveaway),
        late_text(giveaway),
        result_text(giveaway, winners, fingerprint="0" * 64),
    ):
        assert fits(text, limits=X_LIMITS), text
