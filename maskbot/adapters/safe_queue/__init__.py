"""The Safe Transaction Service of one chain: where owners see what is proposed, and leave their signatures."""

from __future__ import annotations

from maskbot.adapters.safe_queue.client import SafeTransactionService

__all__ = ["SafeTransactionService"]
