"""Reads `tweet.fields`/`post.fields`, `expansions` and friends of a request, strictly per generation of names.

The API descriptions allow unknown properties in answers, so validation cannot catch a wrong spelling; this check does
(spec/social-platforms.md, 9.1, first trap).
"""

from __future__ import annotations

from starlette.datastructures import QueryParams

from maskbot.sandbox.x_server.model import FieldNames
from maskbot.sandbox.x_server.problems import invalid
from maskbot.sandbox.x_server.render import RENAMED, Wanted


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_POST_FIELDS = _words(
    """
    article attachments card_uri community_id context_annotations conversation_id created_at display_text_range
    edit_controls entities geo id lang matched_media_notes media_metadata non_public_metrics
    note_request_suggestions note_tweet organic_metrics paid_partnership possibly_sensitive promoted_metrics
    public_metrics reply_settings scopes source suggested_source_links suggested_source_links_with_counts text
    withheld
    """
)
_OLD_ONLY = frozenset({"author_id", "edit_history_tweet_ids", "in_reply_to_user_id", "referenced_tweets"})
_NEW_ONLY = frozenset({"article_title"})
_EXPANSIONS = _words(
    """
    article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet
    attachments.poll_ids author_id edit_history_tweet_ids entities.mentions.username geo.place_id
    in_reply_to_user_id
    """
)
_OLD_EXPANSIONS = _EXPANSIONS | {
    "entities.note.mentions.username",
    "referenced_tweets.id",
    "referenced_tweets.id.attachments.media_keys",
    "referenced_tweets.id.author_id",
}
_NEW_EXPANSIONS = _EXPANSIONS | {"referenced_tweets", "username"}
_USER_FIELDS = _words(
    """
    affiliation confirmed_email connection_status created_at description entities id is_identity_verified
    location most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected
    public_metrics receives_your_dm subscribes_to_you subscription subscription_type url username verified
    verified_followers_count verified_type withheld
    """
)
_MEDIA_FIELDS = _words(
    """
    alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url promoted_metrics
    public_metrics type url variants width
    """
)
_OLD_OF = {new: old for old, new in RENAMED.items()}


def read_wanted(params: QueryParams, *, names: FieldNames) -> Wanted:
    """What the request asks for; raises Problem 400 for a name this generation does not know."""
    speaks_new = names == "new" or (names == "mixed" and "post.fields" in params)
    own, other = ("post.fields", "tweet.fields") if speaks_new else ("tweet.fields", "post.fields")
    if other in params:
        raise invalid(other, params[other], f"The query parameter [{other}] is not one of the allowed parameters.")
    known = _POST_FIELDS | (_NEW_ONLY if speaks_new else _OLD_ONLY)
    fields = _names(params, own, known=known, is_new=speaks_new)
    allowed = _NEW_EXPANSIONS if speaks_new else _OLD_EXPANSIONS
    expansions = _names(params, "expansions", known=allowed, is_new=speaks_new)
    if speaks_new:
        # 2.167 gives these four with the expansion of their name, not as fields
        fields |= expansions & _OLD_ONLY
        if "referenced_tweets" in expansions:
            expansions |= {"referenced_tweets.id"}
    elif "author_id" in expansions:
        fields |= {"author_id"}
    return Wanted(
        fields=fields,
        expansions=expansions,
        user_fields=_names(params, "user.fields", known=_USER_FIELDS, is_new=False),
        media_fields=_names(params, "media.fields", known=_MEDIA_FIELDS, is_new=False),
        is_new=names != "old",
    )


def _names(params: QueryParams, parameter: str, *, known: frozenset[str], is_new: bool) -> frozenset[str]:
    made = set()
    for name in filter(None, params.get(parameter, "").split(",")):
        old = _OLD_OF.get(name, name) if is_new else name
        is_wrong_generation = is_new and name in RENAMED
        if old not in known or is_wrong_generation:
            raise invalid(
                parameter, name, f"The `{parameter}` query parameter value [{name}] is not one of the allowed values."
            )
        made.add(old)
    return frozenset(made)
