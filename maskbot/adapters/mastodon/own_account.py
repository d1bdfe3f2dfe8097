"""Our own account as its server names it, asked once; and what an operator must set on it.

Source: social-platforms.md 4.1 (bot flag, notification policy) and 7.
"""

from __future__ import annotations

from maskbot.adapters.mastodon.client import Connection
from maskbot.adapters.mastodon.errors import Call, MastodonRefused, MastodonUnavailable, entity, translated
from maskbot.domain.errors import Malformed
from maskbot.domain.identity import Platform, Profile
from maskbot.wire.post_text import read_account


class OwnAccount:
    """The account behind one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._profile: Profile | None = None

    def profile(self) -> Profile:
        """Our profile; asked once and remembered. Raises: MastodonTokenRefused, MastodonUnavailable, MastodonRefused."""
        if self._profile is None:
            client = self._connection.client
            with translated(client, Call.READ, what="ask who we are"):
                account = entity(client.account_verify_credentials())
            try:
                self._profile = read_account(account, own=self._nobody(self._domain()))
            except Malformed as error:
                raise MastodonUnavailable("ask who we are: the answer names no account") from error
        return self._profile

    def prepare(self) -> None:
        """Set the bot flag, and accept mentions from strangers where the server filters them. Safe to repeat.

        Raises: MastodonTokenRefused, MastodonUnavailable, MastodonRefused.
        """
        client = self._connection.client
        with translated(client, Call.REPEATABLE, what="set the bot flag"):
            client.account_update_credentials(bot=True)
        try:
            with translated(client, Call.REPEATABLE, what="accept mentions from strangers"):
                client.update_notifications_policy(
                    for_not_following="accept",
                    for_not_followers="accept",
                    for_new_accounts="accept",
                    for_private_mentions="accept",
                )
        except MastodonRefused as error:
            if error.status not in (
                403,
                404,
                405,
            ):  # servers before 4.3 and others have no policy, or we lack the scope
                raise

    def _domain(self) -> str:
        """The domain in our handle: the instance's own word for it, else the host we talk to."""
        client = self._connection.client
        try:
            with translated(client, Call.READ, what="ask for the instance"):
                domain = client.instance_v2().get("domain")
        except (MastodonRefused, MastodonUnavailable):
            return self._connection.host
        return domain.lower() if isinstance(domain, str) and 0 < len(domain) < 260 else self._connection.host

    def _nobody(self, domain: str) -> Profile:
        """A stand-in that names instance and domain while our own account is read."""
        return Profile(
            platform=Platform.MASTODON,
            instance=self._connection.host,
            user_id="?",
            handle=f"?@{domain}",
            actor_uri=self._connection.base_url,
        )
