"""The tour from beginning to end."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.sandbox.tour import broadcasts, faults, giveaway, questions, sealed_posts
from maskbot.sandbox.tour.stage import Stage
from maskbot.sandbox.world import World


def play_tour(world: World, *, say: Callable[[str], None] = print) -> bool:
    """Play every act; whether every step was seen to work."""
    stage = Stage(say)
    for act in (questions.play, sealed_posts.play, broadcasts.play, faults.play, giveaway.play):
        act(stage, world)
    return stage.close()
