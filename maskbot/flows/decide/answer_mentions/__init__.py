"""Answer mentions: find the applet, get its facts, decide, and record everything in one transaction.

A batch of claimed jobs is decided together (one commit for many mentions). A job whose worker died before is decided alone, so
that a poison mention takes nobody with it (reliability.md R10). Running this twice changes nothing: states only move forward,
deliveries are unique by what they answer, and a stale lease rolls the whole unit back.
"""

from maskbot.flows.decide.answer_mentions.flow import answer_mentions

__all__ = ["answer_mentions"]
