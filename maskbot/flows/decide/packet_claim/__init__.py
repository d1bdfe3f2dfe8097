"""Shares of other people's packets: what a post gives, what is recorded of it, and how a claim goes on."""

from maskbot.flows.decide.packet_claim.ends import CLAIM_PURPOSE, book_end, end_of, hinder, plan_claim
from maskbot.flows.decide.packet_claim.finds import (
    Found,
    ask_again,
    claim_id_of,
    claims_of_own,
    claims_of_post,
    key_place,
    record_found,
    wallet_of_persona,
    with_sealed_keys,
)

__all__ = [
    "CLAIM_PURPOSE",
    "Found",
    "ask_again",
    "book_end",
    "claim_id_of",
    "claims_of_own",
    "claims_of_post",
    "end_of",
    "hinder",
    "key_place",
    "plan_claim",
    "record_found",
    "wallet_of_persona",
    "with_sealed_keys",
]
