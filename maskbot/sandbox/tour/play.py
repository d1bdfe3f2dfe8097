"""The tour from beginning to end."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.sandbox.tour import broadcasts, faults, giveaway, questions, red_packets, sealed_posts
from maskbot.sandbox.tour.stage import Stage
from maskbot.sandbox.world import World


def play_tour(world: World, *, say: Callable[[str], None] = print) -> bool:
    """Play every act; whether every step was seen to work."""
    stage = Stage(say)
    acts = (questions, sealed_posts, broadcasts, faults, red_packets, giveaway)
    for act in acts:
        act.play(stage, world)
    red_packets.look_back(stage, world)
    return stage.close()
