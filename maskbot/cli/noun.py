"""How every noun's Typer application is made: plain help, no completion files, exceptions left to `root`."""

from __future__ import annotations

import typer


def make_noun(summary: str) -> typer.Typer:
    """An application for one noun; without a verb it prints its help."""
    return typer.Typer(
        help=summary,
        add_completion=False,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        rich_markup_mode=None,
    )


def make_single(summary: str) -> typer.Typer:
    """An application for a noun without verbs: its only command runs at once."""
    return typer.Typer(help=summary, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
