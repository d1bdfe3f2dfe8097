"""Cancel a broadcast that has not gone out. Its key records stay on the relays; without the post they open nothing."""

from __future__ import annotations

from maskbot.domain.errors import Refused
from maskbot.ports.inside import Clock
from maskbot.ports.store import Store


def cancel_broadcast(broadcast_id: str, *, tenant_id: str, store: Store, clock: Clock) -> None:
    """Cancel it. Raises Refused if there is none in this tenant, or a post of it is out or on its way."""
    now_ms = clock.now_ms()
    with store.write() as work:
        found = work.broadcasts.load(broadcast_id)
        if found is None or found[0].tenant_id != tenant_id:
            raise Refused(f"there is no broadcast {broadcast_id}; see `maskbot broadcast list`")
        deliveries = work.deliveries.load(work.broadcasts.deliveries(broadcast_id))
        if any(each.state not in {"queued", "cancelled"} for each in deliveries.values()):
            raise Refused("a post of this broadcast is out or on its way, so it cannot be cancelled")
        for each in deliveries.values():
            if each.state == "queued":
                work.deliveries.move(each.id, before="queued", after="cancelled", now_ms=now_ms)
        work.broadcasts.move(broadcast_id, after="cancelled")
