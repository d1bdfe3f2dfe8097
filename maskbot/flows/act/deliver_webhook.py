"""Tell an owner's server about an opened post: a signed JSON notice, repeated until it is taken.

The body holds the plaintext: it goes to the owner's own URL only. Signature as Stripe's and Standard Webhooks' receivers expect
it in kind: `Maskbot-Signature: t=<unix seconds>,v1=<hex HMAC-SHA-256 of "<t>.<body>">`, the secret known to both sides.
The receiver refuses a `t` more than five minutes off and a repeated `id` of the body, which the signature covers (reliability.md
E3, R33; docs/webhook.md has its code).
"""

from __future__ import annotations

import hashlib
import hmac
import json

from maskbot.domain.errors import Refused, Unavailable
from maskbot.domain.inbox import InboxItem
from maskbot.domain.job import Job
from maskbot.ports.inside import Clock, Place, SecretBox
from maskbot.ports.outside import WebhookSender
from maskbot.ports.store import Store


class WebhookRefused(Refused):
    """The owner's server said no for good (a status from 400 to 499, save 408, 425 and 429)."""

    kind = "WebhookRefused"


def deliver_webhook(job: Job, *, store: Store, secrets: SecretBox, sender: WebhookSender, clock: Clock) -> None:
    """Send the inbox item `job.target_id` to its persona's webhook.

    Raises: Unavailable if the server did not take it (tried again), WebhookRefused if it refuses.
    """
    with store.read() as work:
        found = work.inbox.load(tenant_id=job.tenant_id, ids=[job.target_id], limit=1)
        webhook = work.inbox.webhook(found[0][0].persona_id) if found else None
    if webhook is not None:
        (item, sealed), (url, sealed_secret) = found[0], webhook
        text, secret = secrets.reveal(
            [
                (Place("inbox", item.id, item.tenant_id, "text"), sealed),
                (Place("persona", item.persona_id, item.tenant_id, "webhook"), sealed_secret),
            ]
        )
        body = notice_body(item, sealed_text=text)
        status = sender.send(
            url=url, body=body, headers=signed_headers(body, item.id, secret=secret, now_ms=clock.now_ms())
        )
        if status in {408, 425, 429} or status >= 500:
            raise Unavailable(f"the webhook answered {status}", kind="WebhookUnavailable")
        if not 200 <= status < 300:
            raise WebhookRefused(f"the webhook answered {status}; check its URL with `maskbot inbox webhook show`")
    with store.write() as work:
        work.jobs.finish([job])


def notice_body(item: InboxItem, *, sealed_text: bytes) -> bytes:
    """The JSON notice: ids, author, time and the opened text. `sealed_text` is the revealed inbox content (JSON)."""
    content = json.loads(sealed_text)
    notice = {
        "type": content.get("type", "post.opened"),
        "id": item.id,
        "persona_id": item.persona_id,
        "platform": item.platform,
        "post_id": item.post_id,
        "author": item.author,
        "claimed_author": item.claimed_author,
        "flags": list(item.flags),
        "received_at_ms": item.received_at_ms,
        "text": content["text"],
        "meta": content.get("meta"),
    }
    return json.dumps(notice, ensure_ascii=False, separators=(",", ":")).encode()


def signed_headers(body: bytes, item_id: str, *, secret: bytes, now_ms: int) -> dict[str, str]:
    """The headers that let the receiver check who sent this, when, and whether it came before."""
    seconds = now_ms // 1000
    signature = hmac.new(secret, f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Maskbot-Id": item_id,
        "Maskbot-Signature": f"t={seconds},v1={signature}",
    }
