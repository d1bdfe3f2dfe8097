"""What can be wrong with entrants, with a beacon and with a proof of a draw."""

from __future__ import annotations

from maskbot.domain.errors import Malformed, Refused


class EntrantMalformed(Malformed):
    """An entrant that has no normal form: id, address or weight out of bounds, or one of them twice."""

    kind = "EntrantMalformed"


class ProofMalformed(Malformed):
    """A text that is no proof of a draw of this format."""

    kind = "ProofMalformed"


class ProofWrong(Refused):
    """A well-formed proof whose claim does not follow from its data; `claim` names the first one that fails."""

    kind = "ProofWrong"

    def __init__(self, claim: str) -> None:
        super().__init__(f"the proof does not hold: {claim}")
        self.claim = claim
