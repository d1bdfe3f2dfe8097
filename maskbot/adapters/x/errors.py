"""What X answers when it does not answer as hoped, as the five families (spec/social-platforms.md, 2.5 and 3.3).

`translate` reads a refused answer, `lost` an exchange that broke. Error bodies are untrusted: only `clean_problem` reads them.
"""

from __future__ import annotations

import json
from typing import Any

import requests
import urllib3

from maskbot.domain.errors import MaskbotError, Misconfigured, Refused, Unavailable, Unconfirmed

DUPLICATE_SENTENCE = "not allowed to create a tweet with duplicate content"
DEFAULT_PAUSE_S = 900.0
LONGEST_PAUSE_S = 86_400.0
_LONGEST_WORDS = 300
_CONFIGURATION_TYPES = frozenset({"unsupported-authentication", "client-forbidden", "client-not-enrolled"})
_CREDIT_TYPES = frozenset({"usage-capped", "credits"})


class XLimited(Unavailable):
    """429: X asks for a pause."""

    kind = "XLimited"


class XDown(Unavailable):
    """X does not answer, or not with what it should; nothing happened."""

    kind = "XDown"


class XOutcomeUnknown(Unconfirmed):
    """The call was sent, and no usable answer came back."""

    kind = "XOutcomeUnknown"


class XDuplicateText(Unconfirmed):
    """403 with the duplicate sentence: probably this very post is up already."""

    kind = "XDuplicateText"


class XRefused(Refused):
    """X's rules say no: not summoned, parent gone, invalid, forbidden. `status` is the HTTP status, if there was one."""

    kind = "XRefused"

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class XPostUnfit(Refused):
    """The draft breaks a limit of X that is known before sending."""

    kind = "XPostUnfit"


class XTokenRefused(Misconfigured):
    """401, or the app may not use this endpoint."""

    kind = "XTokenRefused"


class XCreditsUsedUp(Misconfigured):
    """402 or the like: X sells no more calls to this app."""

    kind = "XCreditsUsedUp"


class XKeysIncomplete(Misconfigured):
    """Not every credential is there."""

    kind = "XKeysIncomplete"


class XAddressWrong(Misconfigured):
    """The API's base URL cannot be used."""

    kind = "XAddressWrong"


class XAnswerTooLarge(requests.RequestException):
    """An answer beyond the bound of size or time; ends at `lost`."""


def translate(response: requests.Response, *, may_have_acted: bool, now_s: float) -> MaskbotError:
    """The error for an answer that is no success. `may_have_acted` is true for calls that must not be repeated blindly."""
    status = response.status_code
    problem = clean_problem(response.content)
    words = _words(problem)
    kind = problem.get("type", "").rsplit("/", 1)[-1]
    said = f"X answered {status}: {words}" if words else f"X answered {status}"
    if status == 429:
        return XLimited(said, retry_after_s=_pause_s(response, now_s=now_s))
    if status == 401:
        return XTokenRefused(f"{said}; check the keys of this X account")
    if status == 402 or (status == 403 and (kind in _CREDIT_TYPES or "credit" in words.lower())):
        return XCreditsUsedUp(f"{said}; buy credits in X's developer console")
    if status == 403 and kind in _CONFIGURATION_TYPES:
        return XTokenRefused(f"{said}; check the access level of the X app")
    if status == 403 and may_have_acted and DUPLICATE_SENTENCE in words.lower():
        return XDuplicateText(said)
    if 300 <= status < 400:
        return XAddressWrong(f"{said}; check the base URL of the X API: redirects are not followed")
    if status >= 500 or status < 400:
        return XOutcomeUnknown(said) if may_have_acted else XDown(said)
    return XRefused(said, status=status)


def lost(error: Exception, *, may_have_acted: bool) -> MaskbotError:
    """The error for an exchange that ended without a readable answer."""
    said = f"no usable answer from X ({type(error).__name__})"
    if may_have_acted and not _was_never_sent(error):
        return XOutcomeUnknown(said)
    return XDown(said)


def clean_problem(body: bytes) -> dict[str, str]:
    """`title`, `detail`, `type` and the first `message` of an error body, as short strings; empty for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    made = {
        name: value[name][:_LONGEST_WORDS] for name in ("title", "detail", "type") if isinstance(value.get(name), str)
    }
    errors: Any = value.get("errors")
    if (
        isinstance(errors, list)
        and errors
        and isinstance(errors[0], dict)
        and isinstance(errors[0].get("message"), str)
    ):
        made["message"] = errors[0]["message"][:_LONGEST_WORDS]
    return made


def _words(problem: dict[str, str]) -> str:
    parts = [problem[name] for name in ("detail", "message") if problem.get(name)]
    return " ".join(parts) or problem.get("title", "")


def _pause_s(response: requests.Response, *, now_s: float) -> float:
    """Seconds to the reset that X names; 15 minutes when it names none or one in the past."""
    reset = response.headers.get("x-rate-limit-reset", "")
    if not (reset.isascii() and reset.isdecimal() and len(reset) <= 12):
        return DEFAULT_PAUSE_S
    pause_s = int(reset) - now_s + 1
    return min(pause_s, LONGEST_PAUSE_S) if pause_s > 1 else DEFAULT_PAUSE_S


def _was_never_sent(error: Exception) -> bool:
    """Whether no connection was made at all."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if isinstance(error, requests.ConnectionError) and error.args else None
    reason = getattr(cause, "reason", cause)
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.ConnectTimeoutError)
