"""`maskbot sandbox`: the bot and an outside world on loopback; the tour; talking to it from another terminal."""

from __future__ import annotations

import os
import signal
import sys
import time
from types import FrameType
from typing import Annotated, Any

import typer

from maskbot.domain.errors import Malformed
from maskbot.domain.money import Amount, Chain, parse_amount
from maskbot.sandbox.money import give
from maskbot.sandbox.people import OnMastodon, OnX, wait_for
from maskbot.sandbox.places import running, take_place
from maskbot.sandbox.tour import play_tour
from maskbot.sandbox.world import ON_MASTODON, ON_X, World
from maskbot.wire.crypto import address_text, parse_address

app = typer.Typer(
    help="The bot and an outside world on loopback, to try it and for the tour.",
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_HOW_TO = """
The sandbox stays up until Ctrl-C. From another terminal:
  {maskbot} sandbox say mastodon alice "@maskbot help"
  {maskbot} sandbox say x bob "@maskbot price ETH"
  {maskbot} sandbox run inbox list        (any command of the operator)
  {maskbot} sandbox fund 0x... 10         (coins on its chain, 31337)
People: {people}
"""


class _Stopped(BaseException):
    """SIGTERM or Ctrl-C came."""


@app.callback()
def sandbox(
    context: typer.Context,
    tour: Annotated[str, typer.Option(help="yes: play it, then stay; no: just stay; only: play it and leave.")] = "yes",
) -> None:
    """Start the outside world and the bot, play the tour, and stay up until Ctrl-C."""
    if context.invoked_subcommand is not None:
        return
    if tour not in {"yes", "no", "only"}:
        raise Malformed(f"--tour takes yes, no or only; got {tour}")
    sys.exit(_run(tour))


@app.command()
def say(
    platform: Annotated[str, typer.Argument(help="mastodon or x")],
    person: Annotated[str, typer.Argument(help="Somebody of that platform.")],
    words: Annotated[str, typer.Argument(help='The whole post, such as "@maskbot help".')],
    wait: Annotated[float, typer.Option(help="Wait so many seconds for a reply.")] = 10.0,
) -> None:
    """Post as somebody in a running sandbox, and show what the bot replies."""
    human = _human(platform, person, running())
    post_id = human.say(words)
    try:
        replies = wait_for(lambda: human.replies_to(post_id), timeout_s=wait, what="a reply")
    except TimeoutError:
        print(f"(no reply within {wait:g} s)")
        return
    for reply in replies:
        print(f"{reply.author}: {reply.text}" + (f"  [{reply.visibility}]" if reply.visibility != "public" else ""))


@app.command()
def fund(
    address: Annotated[str, typer.Argument(help="Who gets it: 0x and 40 hexadecimal digits.")],
    amount: Annotated[str, typer.Argument(help="How much of the chain's coin, such as 10 or 0.5.")],
) -> None:
    """Give an address coins on a running sandbox's chain; they are worth nothing."""
    chain = Chain(id=31337, name="sandbox", coin_symbol="ETH", final_depth=1, has_finalized=False)
    wei = parse_amount(amount, token=chain.coin).base_units
    has = give(running()["chain"], address_text(parse_address(address)), wei=wei)
    print(f"{address} has {Amount(chain.coin, has)}")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(context: typer.Context) -> None:
    """Run any operator's command against the running sandbox's bot: `maskbot sandbox run inbox list`."""
    facts = running()
    os.environ.update(facts["environment"])
    os.execv(sys.executable, [sys.executable, "-m", "maskbot", *context.args])


def _human(platform: str, person: str, facts: dict[str, Any]) -> OnMastodon | OnX:
    people = {"mastodon": ON_MASTODON, "x": ON_X}
    if platform not in people:
        raise Malformed(f"the platforms are mastodon and x; got {platform}")
    if person not in people[platform]:
        raise Malformed(f"on {platform} there are {', '.join(people[platform])}; got {person}")
    if platform == "x":
        return OnX(person, base_url=facts["x"])
    return OnMastodon(person, base_url=facts["mastodon"], token=f"{person}_token")


def _run(tour: str) -> int:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        raise _Stopped

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    place = take_place()
    world = World(place.directory)
    is_well = True
    try:
        began = time.monotonic()
        print("Starting two gun relays, a Mastodon server, an X, a market, a chain, and the bot …", flush=True)
        world.start()
        place.tell(world.facts())
        print(f"Everything is up after {time.monotonic() - began:.1f} s ({place.directory}).", flush=True)
        if tour != "no":
            is_well = play_tour(world, say=lambda line: print(line, flush=True))
        if tour != "only":
            people = ", ".join((*(f"{name} (mastodon)" for name in ON_MASTODON), *(f"{name} (x)" for name in ON_X)))
            print(_HOW_TO.format(maskbot=_our_command(), people=people), flush=True)
            signal.pause()
    except _Stopped:
        print("\nStopping …", flush=True)
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        world.stop()
        place.leave()
    return 0 if is_well else 1


def _our_command() -> str:
    """How to call this maskbot from the present directory."""
    command = os.path.join(os.path.dirname(sys.executable), "maskbot")
    return command if os.path.relpath(command).startswith("..") else os.path.relpath(command)
