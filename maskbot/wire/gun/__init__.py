"""GUN, the graph where wrapped post keys lie, as state machines without a socket.

Source: `spec/gun-personas-backup.md` A and B; `docs/gun.md` tells what relays really do. Three layers, each usable
alone:

* `Session`: one connection; `ask`, `put`, `take_frames`, `receive`.
* `Reading`, `Writing`: one path or many items on one relay; they drive a session and say when they are done.
* `write_path`, `read_paths`, `read_item`, ...: where key records lie, and what is in them.

Randomness and time are arguments. What peers send is bounded before it is parsed; junk costs only itself.

>>> session = Session(entropy=bytes)
>>> handle = session.ask("37-tw-bl-VG")
>>> session.take_frames()
['{"#":"000000000","get":{"#":"37-tw-bl-VG"}}']
>>> session.receive('{"@":"000000000","#":"x"}') == [Answer(handle, {})]
True
"""

from __future__ import annotations

from maskbot.wire.gun.errors import FrameMalformed, ItemMalformed, UnknownNetwork
from maskbot.wire.gun.graph import Replica
from maskbot.wire.gun.ham import Verdict, merge
from maskbot.wire.gun.json_text import Limits
from maskbot.wire.gun.key_items import (
    STATE_LAG_MS,
    EphemeralKey,
    KeyRecord,
    item_soul,
    read_item,
    v37_item,
    v38_item,
)
from maskbot.wire.gun.key_paths import (
    old_read_paths,
    post_bucket,
    read_paths,
    recipient_bucket,
    v40_path,
    write_path,
    write_path_of,
)
from maskbot.wire.gun.nodes import Field, Graph, Link, Node, Value, plain_node
from maskbot.wire.gun.reading import MAX_ITEM_CHARS, MAX_ITEMS, Reading
from maskbot.wire.gun.session import Answer, Dropped, Event, NotStored, Pushed, Session, Stored
from maskbot.wire.gun.writing import Writing, graph_of_items

__all__ = [
    "MAX_ITEMS",
    "MAX_ITEM_CHARS",
    "STATE_LAG_MS",
    "Answer",
    "Dropped",
    "EphemeralKey",
    "Event",
    "Field",
    "FrameMalformed",
    "Graph",
    "ItemMalformed",
    "KeyRecord",
    "Limits",
    "Link",
    "Node",
    "NotStored",
    "Pushed",
    "Reading",
    "Replica",
    "Session",
    "Stored",
    "UnknownNetwork",
    "Value",
    "Verdict",
    "Writing",
    "graph_of_items",
    "item_soul",
    "merge",
    "old_read_paths",
    "plain_node",
    "post_bucket",
    "read_item",
    "read_paths",
    "recipient_bucket",
    "v37_item",
    "v38_item",
    "v40_path",
    "write_path",
    "write_path_of",
]
