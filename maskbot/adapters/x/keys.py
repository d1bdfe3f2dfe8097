"""The credentials of one X account. They never appear in a repr, a log or an error."""

from __future__ import annotations

from dataclasses import dataclass, field

from maskbot.adapters.x.errors import XKeysIncomplete


@dataclass(frozen=True, slots=True)
class XKeys:
    """OAuth 1.0a user keys (all four), or an OAuth 2 user token; and, for the activity stream, the app's bearer token."""

    consumer_key: str = field(default="", repr=False)
    consumer_secret: str = field(default="", repr=False)
    access_token: str = field(default="", repr=False)
    access_token_secret: str = field(default="", repr=False)
    oauth2_token: str = field(default="", repr=False)
    app_bearer_token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.has_oauth1 and not self.oauth2_token:
            raise XKeysIncomplete(
                "an X account needs the consumer key and secret with an access token and its secret, or an OAuth 2 user token"
            )

    @property
    def has_oauth1(self) -> bool:
        """Whether all four keys of OAuth 1.0a are there."""
        return all((self.consumer_key, self.consumer_secret, self.access_token, self.access_token_secret))
