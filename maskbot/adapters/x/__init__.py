"""X behind the ports `MentionFeed`, `Publisher` and `SocialGraph`: tweepy plus own thin calls. The one door to tweepy.

Source: spec/social-platforms.md, sections 2, 3 and 8. `connect` makes the three parts of one account over one session.
"""

from __future__ import annotations

from maskbot.adapters.x.account import XAccount, connect
from maskbot.adapters.x.client import RateBudget
from maskbot.adapters.x.keys import XKeys

__all__ = ["RateBudget", "XAccount", "XKeys", "connect"]
