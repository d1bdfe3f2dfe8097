"""Red packets as bytes: call data, events, metadata schemas, claim tickets (red-packets.md). Pure; no chain access."""
