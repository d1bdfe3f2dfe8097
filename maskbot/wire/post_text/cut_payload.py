"""Whether a post shows the beginning of a payload that was cut off on the way: then asking again helps, decrypting does not.

Source: social-platforms.md 6.1, 6.2 (platforms cut long links and texts) and 6.4 (what a whole carrier looks like).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_RAW_START = re.compile("\U0001f3bc[0-9]/[0-9]")
_LINK_STARTS = ("https://mask.io/?PostData_v", "https://maskbook.com/?PostData_v")


def shows_cut_payload(text: str, *, links: Iterable[str]) -> bool:
    """Whether text or links begin a payload. Ask only after no whole one was found in them."""
    return (
        _RAW_START.search(text) is not None
        or any(start in text for start in _LINK_STARTS)
        or any(link.startswith(_LINK_STARTS) for link in links)
    )
