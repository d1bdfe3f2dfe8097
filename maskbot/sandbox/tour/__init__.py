"""The tour: the bot's main job, played from the other side. One line a step: what was done, what was seen, how long it took.

A step passes only by what somebody else saw: a timeline, a relay read by another client, an owner's webhook.
"""

from maskbot.sandbox.tour.play import play_tour

__all__ = ["play_tour"]
