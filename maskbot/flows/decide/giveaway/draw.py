"""Draw the winners: a pure function of what is published, recorded once, announced with the hash of its proof.

Source: reliability.md C.6, R34, R35.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from maskbot.domain.errors import Refused
from maskbot.domain.giveaway import Entrant, Giveaway, Mode, Prize
from maskbot.domain.job import Job
from maskbot.flows.decide.giveaway.announce import Shown, announce, lines_in_post, public_name
from maskbot.flows.decide.giveaway.close import draw_entrant
from maskbot.ports.store import Store, Work
from maskbot.wire.draw import Beacon, Proof, draw, dump_proof, parse_promise


class NotDrawable(Refused):
    """The giveaway is not closed, its beacon has not spoken, or its entrants are not those of the published root."""

    kind = "NotDrawable"


def draw_giveaway(
    giveaway_id: str, *, store: Store, now_ms: int, job: Job | None = None
) -> tuple[Giveaway, tuple[Prize, ...]]:
    """Record the winners with what each gets, and announce them. A giveaway that was drawn keeps its winners. `job` is finished.

    Raises:
        NotDrawable: see there. Refused (NoSuchRow): no such giveaway.
    """
    with store.write() as work:
        giveaway = work.giveaways.load(giveaway_id, is_locked=True)
        if giveaway is None:
            raise Refused(f"no giveaway {giveaway_id}", kind="NoSuchRow")
        if job is not None:
            work.jobs.finish([job])
        if giveaway.state not in ("open", "closed"):
            return giveaway, work.prizes.load(giveaway.id)
        entrants = {entrant.id: entrant for entrant in work.entrants.load(giveaway.id)}
        if giveaway.rules.mode is Mode.FIRST_COME or (giveaway.state == "closed" and not entrants):
            if giveaway.state != "closed":
                raise NotDrawable("the giveaway is not closed yet")
            winners, fingerprint = list(entrants.values()), (giveaway.root or b"").hex()
        else:
            proof = _proof(giveaway, tuple(entrants.values()))
            winners = [entrants[winner.id] for winner in proof.winners]
            fingerprint = hashlib.sha256(dump_proof(proof).encode()).hexdigest()
        prizes = tuple(
            Prize(rank=rank, entrant_id=winner.id, address=winner.address, base_units=base_units)
            for rank, (winner, base_units) in enumerate(zip(winners, giveaway.rules.prizes, strict=False), 1)
        )
        work.prizes.add(giveaway.id, prizes)
        drawn = work.giveaways.move(giveaway, after="drawn", now_ms=now_ms)
        text = result_text(drawn, winners[: len(prizes)], fingerprint=fingerprint)
        names = tuple(winner.handle for winner in winners[: len(prizes)])
        shown = Shown(winners=names, proof=fingerprint, is_drawn=True)
        announce(drawn, step="drawn", text=text, work=work, now_ms=now_ms, shown=shown)
    return drawn, prizes


def proof_of(giveaway_id: str, *, work: Work) -> str:
    """The proof of a draw as JSON text, made again from what is stored; always the same.

    Raises:
        NotDrawable: nothing was drawn, or it was first come, first served.
    """
    giveaway = work.giveaways.load(giveaway_id)
    if giveaway is None or giveaway.beacon_value is None:
        raise NotDrawable("there is no proof: the giveaway was not drawn (yet)")
    return dump_proof(_proof(giveaway, work.entrants.load(giveaway_id)))


def result_text(giveaway: Giveaway, winners: Sequence[Entrant], *, fingerprint: str) -> str:
    """What is published after the draw: winners by rank, and the SHA-256 by which the published proof is known."""
    name = public_name(giveaway)
    if not winners:
        return f"Giveaway {name}: nobody entered, so everything goes back."
    lines = [f"{rank}. {plain(winner.handle)}" for rank, winner in enumerate(winners, 1)]
    what = "Proof sha256" if giveaway.rules.mode is Mode.DRAWN else "Root"
    first = f"Giveaway {name}: {len(winners)} of {giveaway.entrant_count} entrants win."
    return lines_in_post(first, lines, last=f"{what} {fingerprint}")


def _proof(giveaway: Giveaway, entrants: tuple[Entrant, ...]) -> Proof:
    if giveaway.root is None or giveaway.beacon_value is None:
        raise NotDrawable("the giveaway is not closed, or its beacon has not spoken yet")
    proof = draw(
        tuple(map(draw_entrant, entrants)),
        rules=giveaway.rules.text,
        beacon=Beacon(parse_promise(giveaway.rules.beacon), giveaway.beacon_value),
        places=len(giveaway.rules.prizes),
        server_seed=giveaway.server_seed,
    )
    if proof.root != giveaway.root:
        raise NotDrawable("the stored entrants are not those of the published root: nothing is drawn")
    return proof


def plain(handle: str) -> str:
    """A handle as a post may show it: one line, no mention, 60 characters."""
    return "".join(letter for letter in handle if letter.isprintable()).lstrip("@")[:60]
