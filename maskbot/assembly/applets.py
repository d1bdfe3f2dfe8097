"""Loads applets by the entry-point group `maskbot.applets`; the built-in ones come through the same door as third parties'."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from maskbot.domain.errors import Misconfigured
from maskbot.domain.request import Applet

GROUP = "maskbot.applets"
LAST = "help"
"""Takes whatever no other applet accepts, so it is asked last."""


def load_applets(points: Iterable[EntryPoint] | None = None) -> tuple[Applet, ...]:
    """One instance of each registered applet, in the order they are asked: by name, `help` last. An entry point names a class or
    a function that takes nothing.

    Raises:
        Misconfigured: one cannot be loaded, is no applet, or shares its name or a verb with another.
    """
    found = entry_points(group=GROUP) if points is None else points
    applets = tuple(_load(point) for point in sorted(found, key=lambda point: (point.name == LAST, point.name)))
    taken: dict[str, str] = {}
    for applet in applets:
        for word in applet.verbs:
            if word in taken:
                raise Misconfigured(f"the applets {taken[word]} and {applet.name} both answer to {word}: remove one")
            taken[word] = applet.name
    return applets


def _load(point: EntryPoint) -> Applet:
    try:
        made: Any = point.load()()
    except Exception as error:  # whatever a third party's module does when it is imported
        raise Misconfigured(f"the applet {point.name} cannot be loaded ({type(error).__name__}): remove it") from error
    if not isinstance(getattr(made, "name", None), str) or not all(
        callable(getattr(made, part, None)) for part in ("accepts", "needs", "decide")
    ):
        raise Misconfigured(f"{point.name} ({point.value}) is no applet: see docs on maskbot.domain.request.Applet")
    return made  # type: ignore[no-any-return]  # an entry point's type is only known by looking
