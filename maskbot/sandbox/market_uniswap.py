"""Real Uniswap v2 and v3 on the sandbox's chain: the published contracts from npm, tokens, and pools with liquidity.

The contracts are deployed from the artifacts of `@uniswap/v2-core`, `v2-periphery`, `v3-core` and `v3-periphery` (locked parts), so
a quote here is computed by the code that runs on Ethereum, and a swap moves tokens. Prices follow `market_coins`: 3,425.02 dollars
an ether, 9.87 a UNI (only in v2 pools), 17.21 a LINK (only in v3 pools).
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any

from maskbot.adapters.market import UniswapPlaces
from maskbot.domain.money import Address
from maskbot.sandbox import node
from maskbot.sandbox.chain import ETHER, Anvil, ChainPartFailed
from maskbot.sandbox.compiled import compile_contracts
from maskbot.wire.crypto import keccak256
from maskbot.wire.crypto.address_text import address_text, parse_address

DOLLAR = 10**6
_PAIR_V2 = "v2-core/build/UniswapV2Factory.json"
_ROUTER_V2 = "v2-periphery/build/UniswapV2Router02.json"
_WETH = "v2-periphery/build/WETH9.json"
_FACTORY_V3 = "v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json"
_QUOTER = "v3-periphery/artifacts/contracts/lens/QuoterV2.sol/QuoterV2.json"
_ROUTER_V3 = "v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json"
_POSITIONS = "v3-periphery/artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json"
_SPACING = {100: 1, 500: 10, 3_000: 60, 10_000: 200}
_WIDEST_TICK = 887_272
_FOR_EVER = 2**40
_GAS = 12_000_000
_MINED_WITHIN_S = 20.0
_ETHER_PRICE = 3_425_020_000
_MINT = "mint((address,address,uint24,int24,int24,uint256,uint256,uint256,uint256,address,uint256))"
_SWAP_V3 = "exactInput((bytes,address,uint256,uint256,uint256))"
_SWAP_V2 = "swapExactTokensForTokens(uint256,uint256,address[],address,uint256)"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of the sandbox; USDC has 6 decimals, the others 18."""

    ether: Address
    usdc: Address
    uni: Address
    link: Address


class SandboxUniswap:
    """Uniswap on one chain, and a trader who owns every token. Made by `deploy_uniswap`."""

    def __init__(self, anvil: Anvil, *, parts: Path | None = None) -> None:
        self._anvil = anvil
        self._artifacts = node.installed_parts(parts) / "node_modules" / "@uniswap"
        self.trader = parse_address(anvil.request("eth_accounts")[0])
        anvil.fund([self.trader], wei=1_000_000 * ETHER)
        weth = self._deploy(_WETH)
        plain = compile_contracts(parts=parts)["PlainToken"].code
        made = [
            self._plain_token(plain, symbol, decimals) for symbol, decimals in (("USDC", 6), ("UNI", 18), ("LINK", 18))
        ]
        self.tokens = Tokens(weth, *made)
        self.v2_factory = self._deploy(_PAIR_V2, self.trader)
        self.v2_router = self._deploy(_ROUTER_V2, self.v2_factory, weth)
        self.v3_factory = self._deploy(_FACTORY_V3)
        self.v3_router = self._deploy(_ROUTER_V3, self.v3_factory, weth)
        self._quoter = self._deploy(_QUOTER, self.v3_factory, weth)
        self._positions = self._deploy(_POSITIONS, self.v3_factory, weth, 0)
        self._open_pools()

    @property
    def places(self) -> UniswapPlaces:
        """Where everything lies, as the market wants to know it."""
        return UniswapPlaces(
            v2_factory=self.v2_factory,
            v3_factory=self.v3_factory,
            quoter=self._quoter,
            wrapped_ether=self.tokens.ether,
            dollar=self.tokens.usdc,
        )

    def balance(self, token: Address) -> int:
        """What the trader owns of a token, in base units."""
        data = "0x" + _data("balanceOf(address)", self.trader).hex()
        return int(self._anvil.request("eth_call", {"to": address_text(token), "data": data}, "latest"), 16)

    def swap_v2(self, path: tuple[Address, ...], *, amount_in: int) -> int:
        """Swap through the v2 router; what the trader received."""
        head = _words(amount_in, 0, 160, self.trader, _FOR_EVER, len(path), *path)
        return self._received(path[-1], self.v2_router, _selector(_SWAP_V2) + head)

    def swap_v3(self, path: tuple[Address, ...], fees: tuple[int, ...], *, amount_in: int) -> int:
        """Swap through the v3 router; what the trader received."""
        packed = path[0] + b"".join(fee.to_bytes(3, "big") + token for fee, token in zip(fees, path[1:], strict=True))
        head = _words(32, 160, self.trader, _FOR_EVER, amount_in, 0, len(packed))
        data = _selector(_SWAP_V3) + head + packed.ljust(-(-len(packed) // 32) * 32, b"\0")
        return self._received(path[-1], self.v3_router, data)

    def _open_pools(self) -> None:
        tokens = self.tokens
        self._send(tokens.ether, _data("deposit()"), value_wei=400_000 * ETHER)
        for token in (tokens.ether, tokens.usdc, tokens.uni, tokens.link):
            for spender in (self.v2_router, self.v3_router, self._positions):
                self._send(token, _data("approve(address,uint256)", spender, 2**256 - 1))
        self.add_v2(tokens.ether, 3_000 * ETHER, tokens.usdc, 3_000 * _ETHER_PRICE)
        self.add_v2(tokens.uni, 1_000_000 * ETHER, tokens.ether, 1_000_000 * ETHER * 9_870_000 // _ETHER_PRICE)
        self.add_v3(tokens.ether, 20_000 * ETHER, tokens.usdc, 20_000 * _ETHER_PRICE, fee=500)
        self.add_v3(tokens.ether, 4_000 * ETHER, tokens.usdc, 4_000 * _ETHER_PRICE, fee=3_000)
        self.add_v3(tokens.link, 900_000 * ETHER, tokens.ether, 900_000 * ETHER * 17_210_000 // _ETHER_PRICE, fee=3_000)

    def add_v2(self, one: Address, amount_one: int, other: Address, amount_other: int) -> None:
        """Make the pair if there is none, and put both amounts in."""
        signature = "addLiquidity(address,address,uint256,uint256,uint256,uint256,address,uint256)"
        data = _data(signature, one, other, amount_one, amount_other, 0, 0, self.trader, _FOR_EVER)
        self._send(self.v2_router, data)

    def add_v3(self, one: Address, amount_one: int, other: Address, amount_other: int, *, fee: int) -> None:
        """Make the pool at the price the amounts mean, and put them in over the whole range."""
        (token0, amount0), (token1, amount1) = sorted(((one, amount_one), (other, amount_other)))
        root = isqrt((amount1 << 192) // amount0)
        signature = "createAndInitializePoolIfNecessary(address,address,uint24,uint160)"
        self._send(self._positions, _data(signature, token0, token1, fee, root))
        tick = _WIDEST_TICK // _SPACING[fee] * _SPACING[fee]
        arguments = (token0, token1, fee, -tick, tick, amount0, amount1, 0, 0, self.trader, _FOR_EVER)
        self._send(self._positions, _data(_MINT, *arguments))

    def _received(self, token: Address, router: Address, data: bytes) -> int:
        before = self.balance(token)
        self._send(router, data)
        return self.balance(token) - before

    def _plain_token(self, code: bytes, symbol: str, decimals: int) -> Address:
        supply = 10**12 * 10**decimals
        arguments = _words(96, decimals, supply, len(symbol)) + symbol.encode().ljust(32, b"\0")
        return self._create(code + arguments)

    def _deploy(self, artifact: str, *arguments: Address | int) -> Address:
        text = json.loads((self._artifacts / artifact).read_text())["bytecode"]
        return self._create(bytes.fromhex(text.removeprefix("0x")) + _words(*arguments))

    def _create(self, code: bytes) -> Address:
        receipt = self._mined({"data": "0x" + code.hex()})
        return parse_address(receipt["contractAddress"])

    def _send(self, to: Address, data: bytes, *, value_wei: int = 0) -> None:
        self._mined({"to": address_text(to), "data": "0x" + data.hex(), "value": hex(value_wei)})

    def _mined(self, fields: dict[str, str]) -> dict[str, Any]:  # a receipt of our own node
        sender = address_text(self.trader)
        tx_hash = self._anvil.request("eth_sendTransaction", {"from": sender, "gas": hex(_GAS), **fields})
        deadline_s = time.monotonic() + _MINED_WITHIN_S
        while time.monotonic() < deadline_s:
            receipt: dict[str, Any] | None = self._anvil.request("eth_getTransactionReceipt", tx_hash)
            if receipt is None:
                time.sleep(0.005)  # the node answers before it has mined
            elif receipt["status"] == "0x1":
                return receipt
            else:
                break
        raise ChainPartFailed(f"transaction {tx_hash} of the sandbox failed")


def deploy_uniswap(anvil: Anvil, *, parts: Path | None = None) -> SandboxUniswap:
    """Put Uniswap on a chain that mines at once; takes about a second.

    Raises:
        NodeMissing: the npm parts are not installed.
        ChainPartFailed: the node refuses a transaction.
    """
    return SandboxUniswap(anvil, parts=parts)


def _data(signature: str, *arguments: Address | int) -> bytes:
    return _selector(signature) + _words(*arguments)


def _selector(signature: str) -> bytes:
    return keccak256(signature.encode("ascii"))[:4]


def _words(*values: Address | int) -> bytes:
    """Static arguments; negative numbers in two's complement."""
    return b"".join(
        (value % 2**256).to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0") for value in values
    )
