"""Next.ID's proof service: which public keys a person has proved to hold, and proofs of our own.

Source: gun-personas-backup.md C.4 (6) and C.6. The service searches fuzzily and validates nothing, so every answer is checked
here: the identity equals the asked one, the proof is valid, and the key is a point of the curve (33 or 65 bytes; compressed).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from maskbot.domain.errors import Malformed, Refused, Unavailable
from maskbot.domain.identity import PublicKey
from maskbot.wire.crypto.secp256k1 import compress

TIMEOUT_S = 5.0
TOTAL_S = 15.0
SIZE_LIMIT = 256 << 10
PAGE_LIMIT = 4
KEY_LIMIT = 50


@dataclass(frozen=True, slots=True)
class ProofRequest:
    """What Next.ID wants signed for a new proof: `uuid`, `created_at` (decimal seconds as text), `previous` (base64 or None)."""

    uuid: str
    created_at: str
    previous: str | None


class NextId:
    """Looks proofs up and makes them. `base_url` without a trailing slash."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def fetch_keys(self, *, platform: str, identity: str) -> tuple[PublicKey, ...]:
        """Public keys with a valid proof for exactly this identity, newest first; empty when there are none.

        `platform` in Next.ID's words (`twitter`, `nextid`, `ethereum`).

        Raises:
            Unavailable: the service does not answer, or refuses.
            Malformed: it answers something that is no bounded JSON of the documented shape.
        """
        keys: dict[PublicKey, None] = {}
        page, deadline_s = 1, time.monotonic() + TOTAL_S
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, headers={"accept-encoding": "identity"}) as client:
            for _ in range(PAGE_LIMIT):
                answer = self._fetch_page(client, platform, identity, page=page, deadline_s=deadline_s)
                keys.update(dict.fromkeys(_proved_keys(answer, platform=platform, identity=identity)))
                following = _mapping(answer.get("pagination", {})).get("next", 0)
                if not isinstance(following, int) or following <= page or len(keys) >= KEY_LIMIT:
                    break
                page = following
        return tuple(keys)[:KEY_LIMIT]

    def begin_proof(self, *, platform: str, identity: str, public_key: PublicKey) -> ProofRequest:
        """Ask for a new proof of this identity. The text to sign is made by the caller, not taken from the service.

        Raises:
            Refused: the service says no. Unavailable, Malformed: as in `fetch_keys`.
        """
        answer = self._post(
            "/v1/proof/payload",
            {"action": "create", "platform": platform, "identity": identity, "public_key": "0x" + public_key.hex()},
        )
        payload = answer.get("sign_payload")
        members = _parse(payload.encode()) if isinstance(payload, str) and len(payload) <= 4_096 else {}
        uuid, created_at, previous = answer.get("uuid"), answer.get("created_at"), members.get("prev")
        if not isinstance(uuid, str) or not isinstance(created_at, str) or not isinstance(previous, str | None):
            raise Malformed("Next.ID: expected uuid, created_at and what to sign")
        if (
            not 0 < len(uuid) <= 64
            or not created_at.isascii()
            or not created_at.isdecimal()
            or len(previous or "") > 200
        ):
            raise Malformed("Next.ID: expected a short uuid and a time in seconds")
        return ProofRequest(uuid=uuid, created_at=created_at, previous=previous)

    def confirm_proof(
        self, *, platform: str, identity: str, public_key: PublicKey, request: ProofRequest, post_id: str
    ) -> None:
        """Say where the proof post is. Raises Refused when the service does not accept it; else as in `fetch_keys`."""
        self._post(
            "/v1/proof",
            {
                "action": "create",
                "platform": platform,
                "identity": identity,
                "public_key": "0x" + public_key.hex(),
                "proof_location": post_id,
                "uuid": request.uuid,
                "created_at": request.created_at,
                "extra": {},
            },
        )

    def _post(self, path: str, members: Mapping[str, object]) -> Mapping[str, object]:
        deadline_s = time.monotonic() + TOTAL_S
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, headers={"accept-encoding": "identity"}) as client:
            status, body = _exchange(client, "POST", self._base_url + path, deadline_s=deadline_s, json=dict(members))
        if 400 <= status < 500:
            said = _parse(body).get("message") if body.startswith(b"{") else None
            words = said[:200] if isinstance(said, str) else f"status {status}"
            raise Refused(f"Next.ID refuses the proof: {words}", kind="NextIdRefused")
        if not 200 <= status < 300:
            raise Unavailable(f"Next.ID answered {status}; try again later")
        return _parse(body) if body.strip() else {}

    def _fetch_page(
        self, client: httpx.Client, platform: str, identity: str, *, page: int, deadline_s: float
    ) -> Mapping[str, object]:
        params = {"platform": platform, "identity": identity, "exact": "true", "order": "desc", "page": str(page)}
        status, body = _exchange(client, "GET", f"{self._base_url}/v1/proof", deadline_s=deadline_s, params=params)
        if status == 404:
            return {}
        if status != 200:
            raise Unavailable(f"Next.ID answered {status}; try again later")
        return _parse(body)


def _exchange(
    client: httpx.Client,
    method: str,
    url: str,
    *,
    deadline_s: float,
    params: Mapping[str, str] | None = None,
    json: Mapping[str, object] | None = None,
) -> tuple[int, bytes]:
    body = bytearray()
    try:
        with client.stream(method, url, params=params, json=json) as answer:
            for chunk in answer.iter_raw(16_384):
                body += chunk
                if len(body) > SIZE_LIMIT or time.monotonic() > deadline_s:
                    raise Unavailable("Next.ID sent too much or too slowly; try again later")
            return answer.status_code, bytes(body)
    except httpx.HTTPError as error:
        raise Unavailable(f"Next.ID does not answer ({type(error).__name__}); try again later") from error


def _parse(body: bytes) -> Mapping[str, object]:
    if body.count(b"[") + body.count(b"{") > 20_000:
        raise Malformed("Next.ID: too many values")
    try:
        return _mapping(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise Malformed("Next.ID: expected JSON") from error


def _proved_keys(answer: Mapping[str, object], *, platform: str, identity: str) -> list[PublicKey]:
    found = []
    for entry in _items(answer.get("ids")):
        proofs = [_mapping(proof) for proof in _items(entry.get("proofs"))]
        if any(_is_proof_of(proof, platform=platform, identity=identity) for proof in proofs):
            key = _key(entry.get("persona"))
            if key is not None:
                found.append(key)
    return found


def _is_proof_of(proof: Mapping[str, object], *, platform: str, identity: str) -> bool:
    said = proof.get("identity")
    is_same = isinstance(said, str) and said.lower() == identity.lower()
    return is_same and proof.get("platform") == platform and proof.get("is_valid") is True


def _key(text: object) -> PublicKey | None:
    if not isinstance(text, str) or not 66 <= len(text) <= 132:
        return None
    try:
        return PublicKey(compress(bytes.fromhex(text.removeprefix("0x"))))
    except (ValueError, Malformed):
        return None


def _items(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list):
        return []
    return [item for item in value[:1000] if isinstance(item, dict)]


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise Malformed("Next.ID: expected an object")
    return value
