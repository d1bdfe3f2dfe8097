"""A stand-in for the Safe Transaction Service, which cannot be had: its published shapes over real HTTP, its checks on signatures.

    POST /api/v2/safes/{address}/multisig-transactions/            201, 400, 422
    GET  /api/v2/safes/{address}/multisig-transactions/            200 (not executed, highest nonce first)
    GET  /api/v2/multisig-transactions/{hash}/                     200, 404
    POST /api/v1/multisig-transactions/{hash}/confirmations/       201, 422

It works out hashes and signers with eth-account, not with our own code, and asks the chain for owners and nonce.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.address import is_checksum_address
from eth_utils.crypto import keccak

from maskbot.domain.chain import BlockName, Call
from maskbot.domain.money import Address
from maskbot.ports.chain import ChainReader
from maskbot.wire.crypto import address_text, parse_address
from maskbot.wire.safe import GET_OWNERS, GET_THRESHOLD, NONCE, decode_addresses, decode_number

_NUMBERS = ("value", "operation", "safeTxGas", "baseGas", "gasPrice", "nonce")
_ADDRESSES = ("safe", "to", "gasToken", "refundReceiver", "sender")
_NEEDED = frozenset({*_NUMBERS, "safe", "to", "contractTransactionHash", "sender"})
_SAFE_PATH = re.compile(r"/api/v2/safes/(0x[0-9a-fA-F]{40})/multisig-transactions/")
_TX_PATH = re.compile(r"/api/v2/multisig-transactions/(0x[0-9a-f]{64})/")
_CONFIRM_PATH = re.compile(r"/api/v1/multisig-transactions/(0x[0-9a-f]{64})/confirmations/")
_WHEN = "2026-11-29T00:00:00Z"
_FIELDS = [
    ("to", "address"), ("value", "uint256"), ("data", "bytes"), ("operation", "uint8"), ("safeTxGas", "uint256"),
    ("baseGas", "uint256"), ("gasPrice", "uint256"), ("gasToken", "address"), ("refundReceiver", "address"), ("nonce", "uint256"),
]  # fmt: skip

Json = Any  # what clients send is any JSON value


class _Refused(Exception):
    """The service says no: a status and a reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass
class _Queued:
    """A proposal and who has signed it."""

    fields: dict[str, Json]
    signatures: dict[str, str] = field(default_factory=dict)


class SafeService:
    """Serves the Safes of one chain until `close`. `delegates` may propose for any Safe; `answers` are given instead of the next
    requests that change something (status, body)."""

    def __init__(self, chain: ChainReader, *, chain_id: int, port: int = 0) -> None:
        self.delegates: set[Address] = set()
        self.answers: list[tuple[int, bytes, dict[str, str]]] = []
        self.posts: list[Json] = []
        self._chain, self._chain_id = chain, chain_id
        self._queued: dict[str, _Queued] = {}
        self._lock = Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(None)

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

            def _answer(self, body: bytes | None) -> None:
                status, answer, headers = outer.respond(self.path, body)
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def respond(self, path: str, body: bytes | None) -> tuple[int, bytes, dict[str, str]]:
        """Status, body and headers for a request."""
        with self._lock:
            if body is not None and self.answers:
                return self.answers.pop(0)
            try:
                status, document = self._route(path.partition("?")[0], body)
            except _Refused as refusal:
                status, document = refusal.status, {"nonFieldErrors": [refusal.reason]}
        return status, json.dumps(document).encode(), {}

    def confirm(self, hash: bytes, signature: bytes) -> int:
        """What an owner's wallet does; the status of the answer."""
        path = f"/api/v1/multisig-transactions/0x{hash.hex()}/confirmations/"
        return self.respond(path, json.dumps({"signature": f"0x{signature.hex()}"}).encode())[0]

    def queued(self) -> list[str]:
        """The hashes of what was proposed."""
        return list(self._queued)

    def forget(self) -> None:
        """Lose everything."""
        self._queued.clear()

    def _route(self, path: str, body: bytes | None) -> tuple[int, Json]:
        if (found := _SAFE_PATH.fullmatch(path)) is not None:
            return self._list(found[1]) if body is None else self._propose(found[1], _read(body))
        if body is None and (found := _TX_PATH.fullmatch(path)) is not None and found[1] in self._queued:
            return 200, self._shown(self._queued[found[1]])
        if body is not None and (found := _CONFIRM_PATH.fullmatch(path)) is not None and found[1] in self._queued:
            return self._confirm(self._queued[found[1]], _read(body))
        return 404, {"detail": "Not found."}

    def _list(self, safe: str) -> tuple[int, Json]:
        nonce = self._number(parse_address(safe), NONCE)
        waiting = [one for one in self._queued.values() if one.fields["safe"] == safe and one.fields["nonce"] >= nonce]
        waiting.sort(key=lambda one: int(one.fields["nonce"]), reverse=True)
        return 200, {
            "count": len(waiting),
            "next": None,
            "previous": None,
            "results": [self._shown(one) for one in waiting],
        }

    def _propose(self, safe: str, fields: dict[str, Json]) -> tuple[int, Json]:
        self.posts.append(fields)
        if not set(fields) >= _NEEDED or any(type(fields[name]) is not int or fields[name] < 0 for name in _NUMBERS):
            raise _Refused(400, "Invalid data")
        if (
            any(fields.get(name) and not is_checksum_address(fields[name]) for name in _ADDRESSES)
            or fields["safe"] != safe
        ):
            raise _Refused(422, "Checksum address validation failed")
        hash_ = self._hash(fields)
        if fields["contractTransactionHash"] != hash_:
            raise _Refused(422, f"Contract-transaction-hash={hash_} does not match")
        address = parse_address(safe)
        if fields["nonce"] < self._number(address, NONCE):
            raise _Refused(422, f"Nonce={fields['nonce']} already executed")
        sender = parse_address(fields["sender"])
        is_owner = sender in self._owners(address)
        if not is_owner and sender not in self.delegates:
            raise _Refused(422, "Sender is not an owner or delegate")
        if _signer(hash_, fields.get("signature")) != sender:
            raise _Refused(422, "Signature does not match sender")
        queued = self._queued.setdefault(hash_, _Queued(fields))
        if is_owner:
            queued.signatures[fields["sender"]] = fields["signature"]
        return 201, None

    def _confirm(self, queued: _Queued, fields: dict[str, Json]) -> tuple[int, Json]:
        signer = _signer(queued.fields["contractTransactionHash"], fields.get("signature"))
        if signer is None or signer not in self._owners(parse_address(queued.fields["safe"])):
            raise _Refused(422, "Signer is not an owner")
        queued.signatures[address_text(signer)] = fields["signature"]
        return 201, {"signature": fields["signature"]}

    def _shown(self, queued: _Queued) -> dict[str, Json]:
        fields = queued.fields
        return {
            **{
                name: fields.get(name)
                for name in ("safe", "to", "data", "operation", "gasToken", "refundReceiver", "origin")
            },
            **{name: str(fields[name]) for name in _NUMBERS if name != "operation"},
            "submissionDate": _WHEN,
            "safeTxHash": fields["contractTransactionHash"],
            "proposer": fields["sender"],
            "isExecuted": False,
            "confirmationsRequired": self._number(parse_address(fields["safe"]), GET_THRESHOLD),
            "confirmations": [
                {
                    "owner": owner,
                    "submissionDate": _WHEN,
                    "transactionHash": None,
                    "signature": signature,
                    "signatureType": "EOA",
                }
                for owner, signature in queued.signatures.items()
            ],
            "trusted": True,
        }

    def _hash(self, fields: dict[str, Json]) -> str:
        zero = "0x" + "00" * 20
        message = {name: fields.get(name) or zero if kind == "address" else fields.get(name) for name, kind in _FIELDS}
        message["data"] = bytes.fromhex((fields.get("data") or "0x")[2:])
        types = {
            "EIP712Domain": [{"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}],
            "SafeTx": [{"name": name, "type": kind} for name, kind in _FIELDS],
        }
        domain = {"chainId": self._chain_id, "verifyingContract": fields["safe"]}
        made = encode_typed_data(
            full_message={"types": types, "primaryType": "SafeTx", "domain": domain, "message": message}
        )
        return "0x" + keccak(b"\x19" + made.version + made.header + made.body).hex()

    def _number(self, safe: Address, question: bytes) -> int:
        return decode_number(self._chain.call(Call(safe, question), at=BlockName.LATEST))

    def _owners(self, safe: Address) -> tuple[Address, ...]:
        return decode_addresses(self._chain.call(Call(safe, GET_OWNERS), at=BlockName.LATEST))


def _read(body: bytes) -> dict[str, Json]:
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise _Refused(400, "Invalid data")
    return document


def _signer(hash_: str, signature: Json) -> Address | None:
    try:
        who = Account._recover_hash(bytes.fromhex(hash_[2:]), signature=bytes.fromhex(signature[2:]))
    except Exception:  # whatever the library says of bytes that are no signature
        return None
    return parse_address(str(who))
