"""The tour from beginning to end."""

from __future__ import annotations

from collections.abc import Callable

from maskbot.sandbox.tour import broadcasts, faults, giveaway, prizes, questions, red_packets, sealed_posts
from maskbot.sandbox.tour.stage import Stage
from maskbot.sandbox.world import World


def play_tour(world: World, *, say: Callable[[str], None] = print) -> bool:
    """Play every act; whether every step was seen to work."""
    stage = Stage(say)
    for act in (questions, sealed_posts, broadcasts):
        act.play(stage, world)
    spring = giveaway.begin(stage, world)
    red_packets.play(stage, world)
    giveaway.draw(stage, world, spring)
    prizes.play(stage, world, spring)
    faults.play(stage, world)
    stage.act("8. What nobody took")
    red_packets.look_back(stage, world)
    prizes.look_back(stage, world, spring)
    return stage.close()
