"""A fresh chain with the development contracts, and the language of the acceptance rows (`vectors/red-packet-v4.json`).

Talks to the contracts through web3 and their compiled interface, not through our own codec: two sources must agree.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from eth_account import Account
from eth_account.messages import encode_defunct
from web3 import HTTPProvider, Web3
from web3.contract import Contract
from web3.exceptions import ContractLogicError
from web3.logs import DISCARD

from maskbot.domain.money import Address
from maskbot.sandbox.chain import ETHER, Anvil, dev_account
from maskbot.sandbox.compiled import compile_contracts
from maskbot.wire.crypto import address_text, keccak256
from maskbot.wire.red_packet.ticket import address_of, sign_ticket

GAS_PAYER = "0x0659aa05409e89DC8dCf4e02D6A606A1991f8B51"
ZERO = "0x0000000000000000000000000000000000000000"
R = "0x00000000000000000000000000000000000000AA"
KEYS = {"K": keccak256(b"acceptance key 1"), "K2": keccak256(b"acceptance key 2")}
SEED = keccak256(b"acceptance seed")
UNKNOWN_ID = keccak256(b"an id never created")
GAS = 10_000_000

Row = Mapping[str, Any]


@dataclass(slots=True)
class Outcome:
    """What one call did: `returned` by eth_call, the receipt, and what changed hands. `revert` is None when it went well."""

    receipt: Any
    returned: Any
    revert: str | None
    events: list[dict[str, Any]]
    balances_before: dict[tuple[str, str], int]


@dataclass(slots=True)
class RedPacketWorld:
    """The deployed contracts by the names that the rows use."""

    anvil: Anvil
    w3: Web3
    contracts: dict[str, Contract]
    ids: dict[str, bytes] = field(default_factory=dict)
    creation_times: dict[str, int] = field(default_factory=dict)

    def address(self, name: str | None) -> str:
        """The address of an account, contract or token."""
        if name is None:
            return ZERO
        if name in self.contracts:
            return str(self.contracts[name].address)
        fixed = {
            "zero": ZERO,
            "gas_payer": GAS_PAYER,
            "R": R,
            "address(K)": address_text(Address(address_of(KEYS["K"]))),
        }
        if name in fixed:
            return fixed[name]
        index = 0 if name == "creator" else int(name.removeprefix("A"))
        return address_text(dev_account(index).address)

    def proof(self, text: str) -> bytes:
        """The bytes that a proof expression names."""
        wrapped = re.fullmatch(r"(v01|compact)\((.*)\)", text)
        if wrapped is not None:
            inner = self.proof(wrapped.group(2))
            if wrapped.group(1) == "v01":
                return inner[:64] + bytes([inner[64] - 27])
            return inner[:32] + bytes([inner[32] | (inner[64] - 27) << 7]) + inner[33:64]
        if text == "private_key(K)":
            return KEYS["K"]
        signed = re.fullmatch(r"(sign|sign_text)\((K2?), (\w+)\)", text)
        if signed is None:
            return bytes.fromhex(text[2:])
        sender = self.address(signed.group(3))
        if signed.group(1) == "sign_text":
            return bytes(Account.sign_message(encode_defunct(text=sender), KEYS[signed.group(2)]).signature)
        return sign_ticket(KEYS[signed.group(2)], sender=bytes.fromhex(sender[2:])).signature

    def id(self, packet: str) -> bytes:
        """The id of a created packet."""
        return UNKNOWN_ID if packet == "unknown" else self.ids[packet]

    def set_up(self, step: Row) -> None:
        """Do one step of a row's set-up; it has to succeed."""
        match step["op"]:
            case "advance_time":
                self.anvil.advance(step["seconds"])
            case "next_block_at":
                self.anvil.set_next_time(self.creation_times[step["packet"]] + step["creation_plus"])
            case "mine":
                self.anvil.mine()
            case "set_code":
                target = "HUNGRY_CONTRACT" if "writes storage" in step["to"] else "QUIET_CONTRACT"
                code = "0xef0100" + self.address(target)[2:]
                self.anvil.request("anvil_setCode", self.address(step["of"]), code)
            case _:
                assert self.send(step, gas=GAS)["status"] == 1, step

    def send(self, step: Row, *, gas: int) -> Any:
        """Send a step as a transaction; the receipt. What a creation made is remembered."""
        function, sender = self.function(step)
        sent = function.transact({"from": sender, "gas": gas, "value": int(step.get("value", 0))})
        receipt = self.w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.002)
        if step["op"] == "create_red_packet":
            for event in self.contracts[step["contract"]].events.CreationSuccess().process_receipt(receipt, DISCARD):
                self.ids[step["packet"]] = event["args"]["id"]
                self.creation_times[step["packet"]] = event["args"]["creation_time"]
        return receipt

    def function(self, step: Row) -> tuple[Any, str]:
        """The bound contract call of a step and who makes it."""
        target = self.contracts[step["contract"] if "contract" in step else step["token"]].functions
        sender = self.address(step["from"])
        match step["op"]:
            case "create_red_packet":
                return target.create_red_packet(*self._creation(step["args"])), sender
            case "claim" if step["from"].endswith("_CONTRACT"):
                claimer = self.contracts[step["from"]].functions
                return claimer.claim(self.address(step["contract"]), *self._claim(step)), self.address("A7")
            case "claim":
                return target.claim(*self._claim(step)), sender
            case "approve":
                return target.approve(self.address(step["spender"]), int(step["amount"])), sender
            case "setApprovalForAll":
                return target.setApprovalForAll(self.address(step["operator"]), step["approved"]), sender
            case "transfer_nft":
                return target.transferFrom(sender, self.address(step["to"]), step["id"]), sender
            case "check_ownership":
                return target.check_ownership(step["ids"], self.address(step["token"])), sender
            case "gasPayer" | "initialize" as plain:
                return getattr(target, plain)(), sender
            case named:
                return getattr(target, named)(self.id(step["packet"])), sender

    def _claim(self, step: Row) -> tuple[bytes, bytes, str]:
        return self.id(step["packet"]), self.proof(step["proof"]), self.address(step["recipient"])

    def _creation(self, args: Row) -> list[Any]:
        values: list[Any] = []
        for name, value in args.items():
            if name in ("public_key", "token_addr", "token"):
                values.append(self.address(value))
            elif name == "seed":
                values.append(SEED)
            else:
                values.append(int(value) if name == "total_tokens" else value)
        return values

    def balance(self, holder: str, asset: str) -> int:
        """What somebody has of an asset."""
        if asset == "native":
            return self.w3.eth.get_balance(self.w3.to_checksum_address(self.address(holder)))
        return int(self.contracts[asset].functions.balanceOf(self.address(holder)).call())

    def availability(self, contract: str, packet: str, sender: str | None) -> list[Any]:
        """What `check_availability` tells a caller."""
        function = self.contracts[contract].functions.check_availability(self.id(packet))
        return list(function.call({"from": self.address(sender)} if sender else {}))

    def simulate(self, step: Row) -> Any:
        """What the call would return on the newest block. Raises ContractLogicError."""
        function, sender = self.function(step)
        return function.call({"from": sender, "value": int(step.get("value", 0)), "gas": GAS})

    def do(self, row: Row) -> Outcome:
        """Make the call of a row, simulated and as a transaction."""
        step, is_expected_to_work = row["call"], row["outcome"] == "ok"
        holders = {(one["of"], one["asset"]) for one in row.get("after", ()) if one["read"] == "balance_change_of_call"}
        before = {holder: self.balance(*holder) for holder in holders}
        returned = self.simulate(step) if is_expected_to_work and not row.get("transaction_only") else None
        receipt = self.send(step, gas=GAS)
        revert = None
        if not is_expected_to_work:
            revert = self.refusal(step)
        return Outcome(receipt, returned, revert, self.events(step.get("contract", ""), receipt), before)

    def refusal(self, step: Row) -> str:
        """The text with which a call is refused, '' for empty data."""
        try:
            self.simulate(step)
        except ContractLogicError as error:
            data = str(error.data or "0x")
            if data == "0x":
                return ""
            assert data.startswith("0x08c379a0"), data
            return str(self.w3.codec.decode(["string"], bytes.fromhex(data[10:]))[0])
        raise AssertionError("the call was not refused")

    def events(self, contract: str, receipt: Any) -> list[dict[str, Any]]:
        """The events of one contract in a receipt: their names and fields."""
        found = []
        for log in receipt["logs"]:
            if log["address"] == self.contracts[contract].address:
                for kind in cast("Any", self.contracts[contract].events):
                    if "0x" + log["topics"][0].hex() == "0x" + keccak256(kind.signature.encode()).hex():
                        event = kind().process_log(log)
                        found.append({"event": event["event"], "fields": dict(event["args"])})
        return found


def build_world(anvil: Anvil) -> RedPacketWorld:
    """Deploy everything on a chain that impersonates whoever sends."""
    w3 = Web3(HTTPProvider(anvil.url, request_kwargs={"timeout": 30}))
    world = RedPacketWorld(anvil, w3, {})
    anvil.fund([Address(bytes.fromhex(GAS_PAYER[2:]))], wei=1000 * ETHER)
    compiled = compile_contracts()
    supply = 2**128
    for name, (artifact, arguments) in {
        "main": ("RedPacket", (500, GAS_PAYER)),
        "legacy": ("RedPacket", (255, ZERO)),
        "nft": ("NftRedPacket", ()),
        "TOKEN": ("PlainToken", ("TOKEN", 18, supply)),
        "FEE_TOKEN": ("FeeToken", (supply,)),
        "VOID_TOKEN": ("VoidToken", (supply,)),
        "CLOSED_TOKEN": ("ClosedToken", (supply,)),
        "FALSE_TOKEN": ("FalseToken", (supply,)),
        "NFT": ("TestCollection", (60,)),
        "CLAIMER_CONTRACT": ("Claimer", ()),
        "HUNGRY_CONTRACT": ("HungryClaimer", ()),
        "QUIET_CONTRACT": ("QuietReceiver", ()),
        "SWEEPER": ("Sweeper", ()),
    }.items():
        one = compiled[artifact]
        factory = w3.eth.contract(abi=one.abi, bytecode=one.code)
        sent = factory.constructor(*arguments).transact({"from": world.address("creator"), "gas": GAS})
        receipt = w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.002)
        world.contracts[name] = cast("Contract", w3.eth.contract(address=receipt["contractAddress"], abi=one.abi))
    return world
