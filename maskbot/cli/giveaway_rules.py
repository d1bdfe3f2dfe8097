"""Reads what an operator says of a giveaway into its rules: prizes, token, end, beacon, who may enter."""

from __future__ import annotations

import re
from dataclasses import dataclass

from maskbot.assembly import App
from maskbot.domain.chain import BlockName
from maskbot.domain.conditions import BoostedPost, Holding
from maskbot.domain.errors import Malformed, Unavailable
from maskbot.domain.giveaway import MOST_PRIZES, Mode, Rules
from maskbot.domain.identity import Platform
from maskbot.domain.money import Token, parse_amount
from maskbot.domain.wallet import Wallet
from maskbot.wire.crypto import parse_address
from maskbot.wire.draw import BlockPromise, DrandPromise

_PRIZE = re.compile(r"([0-9.]{1,100})(?:x([1-9][0-9]{0,3}))?", re.ASCII)
_TOKEN = re.compile(r"(0x[0-9a-fA-F]{40}):([A-Za-z0-9.$-]{1,32}):([0-9]{1,2})", re.ASCII)
_HOLDING = re.compile(r"(0x[0-9a-fA-F]{40}):([1-9][0-9]{0,77}):([0-9]{1,15})", re.ASCII)
_X_POST = re.compile(r"https://(?:www\.)?(?:x|twitter)\.com/[A-Za-z0-9_]{1,15}/status/([0-9]{1,20})/?", re.ASCII)
_MASTODON_POST = re.compile(
    r"https?://([A-Za-z0-9.:\[\]-]{1,255})/(?:@[A-Za-z0-9_.@:-]{1,255}|users/[A-Za-z0-9_.-]{1,100}/statuses)/([0-9A-Za-z]{1,64})/?",
    re.ASCII,
)
_SPAN_BLOCKS = 1_000


@dataclass(frozen=True, slots=True)
class RulesText:
    """The rules as they were typed."""

    code: str
    title: str
    prizes: tuple[str, ...]
    token: str | None
    closes_at_ms: int
    beacon: str
    word: str
    age_days: int
    holds: str | None
    follows: bool = False
    boosted: tuple[str, ...] = ()


def read_rules(typed: RulesText, *, giveaway_id: str, wallet: Wallet, parts: App) -> Rules:
    """The rules, with the beacon that will decide named by its number.

    Raises:
        Malformed: something typed means nothing. Unavailable: the chain cannot be asked for its height.
    """
    token = read_token(typed.token, chain_id=wallet.chain_id, parts=parts)
    now_ms = parts.clock.now_ms()
    beacon, draws_at_ms = _promise(typed, chain_id=wallet.chain_id, now_ms=now_ms, parts=parts)
    try:
        return Rules(
            giveaway_id=giveaway_id,
            code=typed.code,
            title=typed.title,
            token=token,
            prizes=read_prizes(typed.prizes, token=token),
            opens_at_ms=now_ms,
            closes_at_ms=typed.closes_at_ms,
            mode=Mode.DRAWN if beacon else Mode.FIRST_COME,
            beacon=beacon,
            entry_word=typed.word,
            least_account_age_days=typed.age_days,
            holding=_holding(typed.holds),
            draws_at_ms=draws_at_ms,
            follows=typed.follows,
            boosted=tuple(read_boosted(url) for url in typed.boosted),
        )
    except ValueError as error:
        raise Malformed(str(error)) from error


def read_prizes(typed: tuple[str, ...], *, token: Token) -> tuple[int, ...]:
    """Prizes such as `0.5` or `0.5x10` (ten of them) in base units, largest first. Raises Malformed."""
    prizes: list[int] = []
    for each in typed:
        found = _PRIZE.fullmatch(each)
        if found is None:
            raise Malformed(f"a prize is an amount, or an amount and how many: 0.5 or 0.5x10; got {each}")
        prizes += [parse_amount(found[1], token=token).base_units] * int(found[2] or 1)
        if len(prizes) > MOST_PRIZES:
            raise Malformed(f"a giveaway has {MOST_PRIZES} prizes at most")
    return tuple(sorted(prizes, reverse=True))


def read_token(typed: str | None, *, chain_id: int, parts: App) -> Token:
    """The chain's own coin for None, else `0xADDRESS:SYMBOL:DECIMALS`, the operator's own word on what it is. Raises Malformed."""
    chain = parts.chain_of(chain_id).chain
    if typed is None:
        return chain.coin
    found = _TOKEN.fullmatch(typed)
    if found is None:
        raise Malformed("a token is written as 0xADDRESS:SYMBOL:DECIMALS, for example 0x6B17…1d0F:DAI:18")
    try:
        return Token(chain_id, parse_address(found[1]), found[2], int(found[3]))
    except ValueError as error:
        raise Malformed(str(error)) from error


def read_boosted(url: str) -> BoostedPost:
    """The post behind its public URL on X, or on the Mastodon server that our account there uses. Raises Malformed."""
    x = _X_POST.fullmatch(url)
    if x is not None:
        return BoostedPost(Platform.X, "x.com", x[1])
    found = _MASTODON_POST.fullmatch(url)
    if found is None:
        raise Malformed(
            "--boosted is the URL of a post: https://x.com/NAME/status/ID, or https://SERVER/@NAME/ID as the server of your "
            "own account shows it"
        )
    return BoostedPost(Platform.MASTODON, found[1].lower(), found[2])


def _promise(typed: RulesText, *, chain_id: int, now_ms: int, parts: App) -> tuple[str, int]:
    """The text of the beacon and the time before which it must not speak."""
    earliest_ms = typed.closes_at_ms + parts.giveaway_waits.beacon_margin_ms
    if typed.beacon == "drand":
        chain = parts.drand_chain
        number = chain.round_after(earliest_ms // 1000)
        return DrandPromise(chain.hash, number).text, chain.time_of(number) * 1000
    if typed.beacon == "block":
        return BlockPromise(chain_id, _block_after(earliest_ms, chain_id, now_ms=now_ms, parts=parts)).text, earliest_ms
    if typed.beacon == "none":
        return "", 0
    raise Malformed(f"--beacon is drand, block, or none for first come, first served; got {typed.beacon}")


def _block_after(time_ms: int, chain_id: int, *, now_ms: int, parts: App) -> int:
    """A block that is surely later than this time: by the chain's own pace, and a tenth more."""
    node = parts.chain_of(chain_id)
    latest = node.fetch_header(BlockName.LATEST)
    earlier = None if latest is None else node.fetch_header(max(0, latest.number - _SPAN_BLOCKS))
    if latest is None or earlier is None or earlier.number == latest.number:
        raise Unavailable("the chain has no blocks to tell its pace from")
    blocks, seconds = latest.number - earlier.number, max(1, latest.time_s - earlier.time_s)
    wait_s = max(0, time_ms - now_ms) // 1000 + 1
    return latest.number + wait_s * blocks * 11 // (seconds * 10) + 2


def _holding(typed: str | None) -> Holding | None:
    if typed is None:
        return None
    found = _HOLDING.fullmatch(typed)
    if found is None:
        raise Malformed("--holds is written as 0xCONTRACT:LEAST:BLOCK, LEAST in base units (an NFT: tokens)")
    return Holding(parse_address(found[1]), block=int(found[3]), least=int(found[2]))
