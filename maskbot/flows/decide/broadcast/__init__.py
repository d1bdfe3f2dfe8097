"""Encrypted broadcasts: sealed once for one audience, keys on the relays before the posts, more recipients later."""

from maskbot.flows.decide.broadcast.add_recipients import add_recipients
from maskbot.flows.decide.broadcast.plan import BroadcastPlan, plan_broadcast

__all__ = ["BroadcastPlan", "add_recipients", "plan_broadcast"]
