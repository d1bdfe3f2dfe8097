"""Open a collected post that carries a Mask payload: find the payload, fetch the sealed keys, have the vault try them, record."""

from maskbot.flows.act.open_post.opening import open_post
from maskbot.flows.act.open_post.record import NO_ANSWER_BEFORE_MS

__all__ = ["NO_ANSWER_BEFORE_MS", "open_post"]
