"""The one switch between the two generations of X's field names (spec/social-platforms.md, 2.7).

Answers are read in either spelling everywhere; only requests are built here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class FieldNames(StrEnum):
    """OLD is OpenAPI 2.165 (`tweet.fields`), NEW is 2.167 (`post.fields`)."""

    OLD = "old"
    NEW = "new"


_COMMON = "attachments,conversation_id,created_at,display_text_range,entities,text"
_MEDIA = "url,type,width,height"
_OLD: Mapping[str, str] = MappingProxyType(
    {
        "tweet.fields": f"{_COMMON},author_id,edit_history_tweet_ids,in_reply_to_user_id,note_tweet,referenced_tweets",
        "expansions": "attachments.media_keys,referenced_tweets.id",
        "media.fields": _MEDIA,
    }
)
_NEW: Mapping[str, str] = MappingProxyType(
    {
        "post.fields": f"{_COMMON},note_post",
        # 2.167 gives these four with an expansion only
        "expansions": "attachments.media_keys,author_id,edit_history_post_ids,in_reply_to_user_id,referenced_posts",
        "media.fields": _MEDIA,
        "user.fields": "description",
    }
)


def post_params(names: FieldNames) -> dict[str, str]:
    """The query that asks for all we read of a post. With the old names users are left out: they are billed, and cached."""
    return dict(_OLD if names is FieldNames.OLD else _NEW)
