"""Our development red packet contracts and test tokens, deployed on a sandbox chain (red-packets.md 6)."""

from __future__ import annotations

from dataclasses import dataclass

from eth_abi.abi import encode as encode_values

from maskbot.domain.money import NATIVE, Address, Token
from maskbot.domain.red_packet import PacketVersion
from maskbot.sandbox.chain import Anvil, dev_account
from maskbot.sandbox.compiled import compile_contracts
from maskbot.wire.erc20 import encode_transfer
from maskbot.wire.red_packet import ContractBook, PacketContract

MOST_SHARES = 255
_SUPPLY = 10**12 * 10**6


@dataclass(frozen=True, slots=True)
class DeployedPackets:
    """What is on the chain: the table to trust there, and a token that every dev account owns a million of."""

    v4: PacketContract
    nft: PacketContract
    token: Token

    @property
    def contracts(self) -> ContractBook:
        """The published table with these contracts in it."""
        return ContractBook((self.v4, self.nft))


def deploy_red_packets(anvil: Anvil, *, accounts: int = 10, payer: Address = NATIVE) -> DeployedPackets:
    """Deploy the v4 contract (255 shares; `payer` may claim for others, the zero address is nobody), the ERC-721 one, and a token.

    Raises:
        CompilationFailed, NodeMissing, ChainPartFailed.
    """
    compiled = compile_contracts()
    v4 = anvil.deploy(compiled["RedPacket"].code + encode_values(["uint256", "address"], [MOST_SHARES, payer]))
    nft = anvil.deploy(compiled["NftRedPacket"].code)
    arguments = encode_values(["string", "uint8", "uint256"], ["USDX", 6, _SUPPLY])
    token = anvil.deploy(compiled["PlainToken"].code + arguments)
    for index in range(1, accounts):
        gift = encode_transfer(to=dev_account(index).address, amount=10**6 * 10**6)
        anvil.send_as(dev_account(0).address, to=token, data=gift)
    return DeployedPackets(
        v4=PacketContract(anvil.chain_id, PacketVersion.V4, v4),
        nft=PacketContract(anvil.chain_id, PacketVersion.NFT, nft),
        token=Token(anvil.chain_id, token, "USDX", 6),
    )
