"""What prices a text asks for: `$ETH/BTC 30d`, an address, or `price UNI eur`.

Source: price-cards.md, section 9; vectors/cashtags.json. Takes plain text (no HTML), with or without the mention of us. Runs in
linear time: possessive expressions, white space collapsed first. Bare words and hashtags count only behind a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from maskbot.wire.crypto import keccak256

MOST_ANSWERS = 3
MOST_DISTINCT = 6
_MOST_TAGS = 64
"""Tags looked at; who repeats one more often than that has been understood."""
_LONGEST_TEXT = 64 * 1024

_INVISIBLE = dict.fromkeys(
    (0xAD, 0x061C, 0x180E, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))
)
_LINK = re.compile(r"https?://[!-~]*+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<![A-Za-z0-9_])@[A-Za-z0-9_]++(?:@[A-Za-z0-9](?:[A-Za-z0-9-]|[.:](?=[A-Za-z0-9]))*+)?+")
_ASKED = re.compile(
    r"(?<![A-Za-z0-9_$.])\$(?P<symbol>[A-Za-z0-9]++)(?P<suffix>(?:[._][A-Za-z]{1,2}+(?![A-Za-z0-9_]))?+)(?!_)"
    r"|(?<![A-Za-z0-9_/.=&?#%-])(?P<address>0x[0-9a-fA-F]{40})(?![A-Za-z0-9_])"
)
_BARE = re.compile(r"[$#]?(?P<symbol>[A-Za-z0-9]{1,12}+)(?P<suffix>(?:[._][A-Za-z]{1,2}+)?+)")
_MONEY = re.compile(
    r"[0-9]++(?:e[0-9]++|k|m|mm|mn|mil|mio|million|b|bn|bil|bln|billion|t|tn|tr|trn|trillion|thousand)?", re.IGNORECASE
)
_PAIR = re.compile(r"/\$?(?P<quote>[A-Za-z0-9]{2,12}+)(?:(?P<suffix>[._][A-Za-z]{1,2}+)(?![A-Za-z0-9_]))?+")
_DASH = re.compile(r"-(?P<quote>[A-Za-z]{3,5}+)(?![A-Za-z0-9_])")
_NAMED = re.compile(r",?+ ?+(?:in|vs|to)\.?+ (?P<tag>\$?)(?P<quote>[A-Za-z0-9]{2,12}+)(?![A-Za-z0-9_])", re.IGNORECASE)
_FIAT = re.compile(r",?+ ?+(?P<quote>[A-Za-z]{3}+)(?![A-Za-z0-9_])")
_WINDOW = re.compile(r",?+ ?+(?:(?P<count>[0-9]{1,4}+)(?P<unit>[hdwmy])|(?P<max>max))(?![A-Za-z0-9_])", re.IGNORECASE)

_FIAT_CODES = (
    "AED ARS AUD BDT BHD BMD BRL CAD CHF CLP CNY COP CZK DKK EUR GBP GEL HKD HUF IDR ILS INR JPY KRW KWD LKR MMK MXN MYR NGN NOK "
    "NZD PEN PHP PKR PLN RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR"
)
_FIATS = frozenset(_FIAT_CODES.split())
_ENGLISH_FIATS = frozenset({"GEL", "PEN", "RUB", "TRY"})
"""Codes that are also English words: only in capitals."""
_COIN_QUOTES = "BTC ETH BNB SOL USDC USDT DAI XRP LTC BCH DOT XLM LINK YFI SATS BITS WETH WBTC"
_QUOTES = _FIATS | frozenset(_COIN_QUOTES.split())
_VERBS = frozenset({"price", "p", "chart", "c", "quote"})
_FILLERS = frozenset({"of", "for"})
_POLITE = frozenset({"please", "pls", "plz", "?"})
_STOPPING = (
    "a about action after again alert all an and any are at be better but by can chart could crash did discovery do does down "
    "drop dump falling feed for from go goes going good has have high how i if in index is it it's its just level like list low "
    "me move moving my new news no not now of oh on or out per point prediction pump range rise rising rn same so soon sucks tag "
    "target than thanks that the then there this to today tomorrow too total up us was we went what when where which who why will "
    "with wow yes yet you your"
)
_STOP_WORDS = frozenset(_STOPPING.split())
_WINDOWS_H = (
    (1, "1h"),
    (24, "24h"),
    (7 * 24, "7d"),
    (14 * 24, "14d"),
    (30 * 24, "30d"),
    (90 * 24, "90d"),
    (180 * 24, "180d"),
    (365 * 24, "1y"),
)
_UNIT_H = {"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """One token a price is asked for. Exactly one of `symbol` (upper case, no `$`) and `address` (0x + 40 lower-case hex) is set.

    `vs` (upper case) and `window` (`1h`, `24h`, `7d`, `14d`, `30d`, `90d`, `180d`, `1y`, `max`) are None where nothing was said.
    """

    symbol: str | None = None
    address: str | None = None
    vs: str | None = None
    window: str | None = None


def parse_cashtags(text: str) -> tuple[PriceRequest, ...]:
    """The price requests in a plain text, in order and without repeats: at most three, and none at all when more than six tokens
    are named (spam) or the text is a repost (`RT @`)."""
    text = text[:_LONGEST_TEXT].translate(_INVISIBLE).replace("＄", "$")
    if text.lstrip()[:4].upper() == "RT @":
        return ()
    plain = " ".join(_HANDLE.sub(" ", _LINK.sub(" ", text)).split())
    found = _command(plain)
    if found is None:
        found = tuple(islice(_tags(plain), _MOST_TAGS))
    if len({request.symbol or request.address for request in found}) > MOST_DISTINCT:
        return ()
    return tuple(dict.fromkeys(found))[:MOST_ANSWERS]


def _tags(plain: str) -> Iterator[PriceRequest]:
    position = 0
    while asked := _ASKED.search(plain, position):
        request = _token(asked)
        position = asked.end()
        if request is not None:
            request, position = _trailers(request, plain, position)
            yield request


def _token(asked: re.Match[str]) -> PriceRequest | None:
    groups = asked.groupdict()
    if groups.get("address"):
        return _address(groups["address"])
    symbol = groups["symbol"].upper()
    if len(symbol) > 12 or symbol.isdigit() or _is_money(symbol):
        return None
    return PriceRequest(symbol=symbol + groups["suffix"].upper())


def _is_money(symbol: str) -> bool:
    amount = symbol.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    return _MONEY.fullmatch(symbol) is not None or (amount.isdigit() and symbol[len(amount) :] in _QUOTES)


def _address(written: str) -> PriceRequest | None:
    digits = written[2:]
    if digits not in (digits.lower(), digits.upper()) and digits != _checksummed(digits.lower()):
        return None
    return PriceRequest(address="0x" + digits.lower())


def _checksummed(digits: str) -> str:
    """The 40 hex digits in the capitals of EIP-55."""
    digest = keccak256(digits.encode()).hex()
    return "".join(
        digit.upper() if int(nibble, 16) >= 8 else digit for digit, nibble in zip(digits, digest, strict=False)
    )


def _trailers(request: PriceRequest, plain: str, position: int) -> tuple[PriceRequest, int]:
    """The quote currency and window behind a token, in any order, each at most once."""
    while request.vs is None or request.window is None:
        vs = None if request.vs else _quote(plain, position)
        window = None if request.window else _WINDOW.match(plain, position)
        if vs:
            request, position = replace(request, vs=vs[0]), vs[1]
        elif window:
            request, position = replace(request, window=_window(window)), window.end()
        else:
            break
    return request, position


def _quote(plain: str, position: int) -> tuple[str, int] | None:
    pair = _PAIR.match(plain, position)
    if pair and not pair["quote"].isdigit():
        return (pair["quote"] + (pair["suffix"] or "")).upper(), pair.end()
    for expression in (_DASH, _NAMED):
        named = expression.match(plain, position)
        if named and (named["quote"].upper() in _QUOTES or named.groupdict().get("tag")):
            return named["quote"].upper(), named.end()
    fiat = _FIAT.match(plain, position)
    if fiat and _is_fiat(fiat["quote"]):
        return fiat["quote"].upper(), fiat.end()
    return None


def _is_fiat(word: str) -> bool:
    return word.upper() in _FIATS and (word.isupper() or word.upper() not in _ENGLISH_FIATS)


def _window(window: re.Match[str]) -> str:
    """The offered window that is long enough."""
    if window["max"]:
        return "max"
    hours = int(window["count"]) * _UNIT_H[window["unit"].lower()]
    return next((name for most, name in _WINDOWS_H if hours <= most), "max")


def _command(plain: str) -> tuple[PriceRequest, ...] | None:
    """The requests, if the whole message is a price command; else None."""
    words = plain[:2048].split()
    if len(plain) > 2048 or len(words) < 2 or words[0].lower().lstrip("/!") not in _VERBS:
        return None
    words = words[2:] if words[1].lower() in _FILLERS else words[1:]
    tail = [word.rstrip("?!.,;") for word in words]
    while tail and (not tail[-1] or tail[-1].lower() in _POLITE):
        tail.pop()
    return _command_items([word for word in tail if word])


def _command_items(words: list[str]) -> tuple[PriceRequest, ...] | None:
    requests: list[PriceRequest] = []
    has_bare_lower, position = False, 0
    while position < len(words):
        item = _item(words[position])
        if item is None:
            break
        if requests and (_is_fiat(words[position]) or _WINDOW.fullmatch(words[position])):
            break
        has_bare_lower = has_bare_lower or (words[position][0] not in "$#0" and not words[position].isupper())
        requests.append(item)
        position += 1
    if not requests or (has_bare_lower and len(requests) > 1):
        return None
    rest = " ".join(words[position:])
    said, end = _trailers(PriceRequest(), " " + rest if rest else "", 0)
    if rest and end < len(rest) + 1:
        said, end = _free_quote(said, rest, end)
        if end < len(rest) + 1:
            return None
    return tuple(replace(item, vs=item.vs or said.vs, window=item.window or said.window) for item in requests)


def _free_quote(said: PriceRequest, rest: str, end: int) -> tuple[PriceRequest, int]:
    """In a command any token may stand behind `in`, not only the known quotes."""
    named = _NAMED.match(" " + rest, end)
    if named and said.vs is None:
        return _trailers(replace(said, vs=named["quote"].upper()), " " + rest, named.end())
    return said, end


def _item(word: str) -> PriceRequest | None:
    """One word of a command as a token, perhaps with a quote behind `/` or `-`; None when it is none."""
    if word.lower() in _STOP_WORDS:
        return None
    asked = _ASKED.match(word) if word[0] in "$0" else None
    if asked is None:
        asked = _BARE.match(word)
    request = _token(asked) if asked else None
    if asked is None or request is None:
        return None
    request, end = _trailers(request, word, asked.end())
    return request if end == len(word) else None
