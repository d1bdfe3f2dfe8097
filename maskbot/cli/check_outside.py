"""What `maskbot check` looks at beyond this machine: relays, the clock, and each account. Every look ends within seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime

from maskbot.assembly import App, assemble
from maskbot.cli.check_parts import Line, looked
from maskbot.cli.vault_life import vault_running
from maskbot.domain.account import Account
from maskbot.domain.errors import MaskbotError
from maskbot.domain.identity import Platform
from maskbot.settings import Settings

LARGEST_SKEW_S = 30.0
TIMEOUT_S = 5.0


def outside_checks(settings: Settings) -> list[Line]:
    """All at once, in the order of settings and account list."""
    try:
        with vault_running(settings):
            app = assemble(settings)
            try:
                return _all(settings, app)
            finally:
                app.close()
    except MaskbotError:
        return _run([_relay_look(settings, relay) for relay in settings.gun_relays] + [_clock_look(settings)])


def _all(settings: Settings, app: App) -> list[Line]:
    looks = [_relay_look(settings, relay) for relay in settings.gun_relays]
    looks.append(_clock_look(settings))
    with app.store.read() as work:
        accounts = work.accounts.load()
    looks += [_account_look(app, account) for account in accounts.values()]
    lines = _run(looks)
    if not accounts:
        lines.append(Line("accounts", "note", "none yet", "add one: maskbot account add mastodon|x"))
    return lines


def _run(looks: list[Callable[[], Line]]) -> list[Line]:
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(lambda look: look(), looks))


def _relay_look(settings: Settings, relay: str) -> Callable[[], Line]:
    def look() -> Line:
        from maskbot.adapters.gun_relay import GunRelays
        from maskbot.adapters.system import SystemClock, SystemEntropy

        graph = GunRelays((relay,), entropy=SystemEntropy(), clock=SystemClock(), timeout_s=TIMEOUT_S)
        try:
            began_s = time.monotonic()
            graph.fetch_items([("maskbot-check",)])
            return Line("relay", "well", f"{relay} answers in {(time.monotonic() - began_s) * 1000:.0f} ms")
        except MaskbotError as error:
            todo = "start it, or name another in MASKBOT_GUN_RELAYS"
            if len(settings.gun_relays) == 1:
                todo += "; no encrypted post goes out without one"
            return Line("relay", "wrong", f"{relay}: {error}", todo)
        finally:
            graph.close()

    return lambda: looked("relay", look)


def _clock_look(settings: Settings) -> Callable[[], Line]:
    def look() -> Line:
        import httpx

        for url in (*settings.gun_relays, settings.x_api_base_url):
            try:
                date = httpx.head(url, timeout=TIMEOUT_S, follow_redirects=False).headers.get("date")
                theirs_s = parsedate_to_datetime(date).timestamp() if date else None
            except (httpx.HTTPError, ValueError, TypeError):
                continue
            if theirs_s is not None:
                skew_s = time.time() - theirs_s
                if abs(skew_s) > LARGEST_SKEW_S:
                    return Line(
                        "clock", "wrong", f"{skew_s:+.0f} s off", "set the clock, for example with systemd-timesyncd"
                    )
                return Line("clock", "well", "agrees with the outside")
        return Line("clock", "note", "nobody out there told the time", "make sure that it is kept by NTP")

    return lambda: looked("clock", look)


def _account_look(app: App, account: Account) -> Callable[[], Line]:
    def look() -> Line:
        name = f"{account.profile.handle} on {account.profile.instance}"
        if account.state == "paused":
            return Line("account", "note", f"{name} is paused", f"maskbot account resume {account.id}")
        try:
            profile = app.feed_of(account.id).whoami()
        except MaskbotError as error:
            is_x = account.profile.platform is Platform.X
            renew = "maskbot account add " + ("x" if is_x else f"mastodon {account.profile.instance}")
            return Line("account", "wrong", f"{name}: {error}", f"if the token is no longer good: {renew}")
        if profile.person != account.profile.person:
            return Line("account", "wrong", f"{name}: the token belongs to {profile.handle}", "add the account again")
        if account.profile.platform is Platform.MASTODON and not profile.is_bot:
            return Line("account", "note", f"{name} has no bot flag", "set it: other bots, and people, rely on it")
        if account.state == "broken":
            return Line(
                "account", "note", f"{name} was marked broken, and works", f"maskbot account resume {account.id}"
            )
        return Line("account", "well", f"{name} answers")

    return lambda: looked("account", look)
