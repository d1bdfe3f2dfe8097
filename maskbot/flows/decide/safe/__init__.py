"""Proposals to Safes, decided: planned, cancelled, ended. All of it in the caller's transaction."""

from __future__ import annotations

from maskbot.flows.decide.safe.end import cancel_proposal, end_proposal, retry_proposal
from maskbot.flows.decide.safe.plan import plan_proposal, safe_call
from maskbot.flows.decide.safe.take import take_payment

__all__ = ["cancel_proposal", "end_proposal", "plan_proposal", "retry_proposal", "safe_call", "take_payment"]
