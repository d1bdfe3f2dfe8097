"""What a Safe transaction does: its plain calls, each as decoded from its bytes. Shared by the flow that plans and the vault that
signs.

Only what we would propose passes: coins, transfers of tokens, and methods that the wallet's policy lists; never a call to the Safe
itself, which could change its owners; a delegate call to nothing but a genuine MultiSendCallOnly.
"""

from __future__ import annotations

from maskbot.domain.safe import SafeTx
from maskbot.domain.spending import SpendingPolicy, SpendingRefused
from maskbot.domain.transaction import ContractCall
from maskbot.wire.safe.batch import calls_of
from maskbot.wire.safe.deployments import MULTI_SENDS
from maskbot.wire.safe.errors import InvalidBatch
from maskbot.wire.transaction.effect import effect_of


def calls_in(tx: SafeTx) -> tuple[ContractCall, ...]:
    """The calls that the Safe makes, one or those of a batch. Raises InvalidBatch."""
    if not tx.is_delegate:
        return (tx.call,)
    if tx.call.to not in MULTI_SENDS:
        raise InvalidBatch("a batch is delegated to MultiSendCallOnly of Safe, and to nothing else")
    return calls_of(tx.call.data)


def check_content(tx: SafeTx, *, policy: SpendingPolicy) -> tuple[ContractCall, ...]:
    """The calls, if the wallet may propose them to this Safe.

    Raises:
        SpendingRefused: the policy does not list the Safe or a method, is for another chain, or a call would reach the Safe itself.
        InvalidBatch, InvalidCall: the bytes are not what they should be.
    """
    if policy.chain_id != tx.chain_id:
        raise SpendingRefused("chain", "the policy is for another chain than the Safe's")
    if tx.safe not in policy.safes:
        raise SpendingRefused(
            "safe", "the policy of the wallet does not list this Safe: write its address under `safes`"
        )
    calls = calls_in(tx)
    for call in calls:
        if call.to == tx.safe:
            raise SpendingRefused("safe", "a call to the Safe itself could change its owners: it is not proposed")
        effect = effect_of(call)
        if effect.allowance is not None:
            raise SpendingRefused("spender", "an allowance is not proposed: pay from the Safe directly")
        if effect.method is not None and effect.method not in policy.methods:
            raise SpendingRefused("method", "the policy does not list this method of this contract")
    return calls
