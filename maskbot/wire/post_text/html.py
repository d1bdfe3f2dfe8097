"""Mastodon `content` (HTML of any server) to plain text and whole links, in linear time.

Source: social-platforms.md 6.1; tokens as in the HTML Living Standard, 13.2.5, as far as text and anchors need them.
Theory: one pass from left to right; every step either moves on or ends the document, as a browser does at an unfinished tag.
The expressions are possessive, so none can go back. The standard library's `html.parser` is not used: on Python 3.11.7 it
takes 34 s for 64 KiB of `<a ` (quadratic), and a hostile instance can send that. Nothing here raises on any text.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from maskbot.wire.post_text.rich_text import RichText, TextBuilder, decode_entities, is_web_link

_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+)>""")
_MARKUP = re.compile("<(?=[a-zA-Z/!?])")
_TAG_START = re.compile("</?[a-zA-Z]")
_ATTRIBUTE = re.compile(r"""([^\s/=]++)(?:\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|(\S*+)))?+""")
_EMOJI_CODE = re.compile(r":[A-Za-z0-9_@.\-]{1,100}+:")
_RAW_TEXT_END = {
    name: re.compile(f"</{name}", re.IGNORECASE | re.ASCII)
    for name in ("script", "style", "textarea", "title", "iframe")
}
_BREAKS_AFTER = dict.fromkeys(("div", "li", "blockquote", "pre", "tr"), "\n") | dict.fromkeys(
    ("p", "h1", "h2", "h3", "h4", "h5", "h6"), "\n\n"
)


def read_html(
    content: str,
    *,
    mention_urls: Collection[str] = (),
    own_urls: Collection[str] = (),
    emoji_codes: Collection[str] = (),
) -> RichText:
    """Read the HTML of one post; the caller has bounded its length.

    Anchors of mentions are dropped, hashtags keep their text, every other web link is replaced by its `href`: what an anchor
    shows may be cut or a lie. `mention_urls` are the profile URLs the post's metadata names, `own_urls` those of our account;
    `:code:` is left out for each of `emoji_codes`.
    """
    reader = _Reader(
        mention_urls=frozenset(mention_urls),
        own_urls=frozenset(own_urls),
        emoji={f":{code}:" for code in emoji_codes},
    )
    position = 0
    while opening := _MARKUP.search(content, position):
        reader.text(content[position : opening.start()])
        position = _markup(content, opening.start(), reader)
    reader.text(content[position:])
    return reader.builder.result()


def _markup(content: str, opening: int, reader: _Reader) -> int:
    """Read what starts with `<`; the position behind it."""
    tag = _TAG.match(content, opening)
    if tag:
        return _tag(content, tag, reader)
    if _TAG_START.match(content, opening):
        return len(content)
    ending = "-->" if content.startswith("<!--", opening) else ">"
    closing = content.find(ending, opening + 2)
    return closing + len(ending) if closing >= 0 else len(content)


def _tag(content: str, tag: re.Match[str], reader: _Reader) -> int:
    name = tag[2].lower()
    if tag[1]:
        reader.end(name)
        return tag.end()
    raw_text_end = _RAW_TEXT_END.get(name)
    if raw_text_end is not None:
        closing = raw_text_end.search(content, tag.end())
        return closing.start() if closing else len(content)
    reader.start(name, tag[3])
    return tag.end()


def _attributes(source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for match in _ATTRIBUTE.finditer(source):
        value = next((group for group in match.groups()[1:] if group is not None), "")
        found.setdefault(match[1].lower(), decode_entities(value))
    return found


@dataclass(slots=True)
class _Reader:
    """`silent_until` names the tag whose end makes text audible again; `depth` counts its nesting."""

    mention_urls: frozenset[str]
    own_urls: frozenset[str]
    emoji: set[str]
    builder: TextBuilder = field(default_factory=TextBuilder)
    silent_until: str = ""
    depth: int = 0

    def text(self, raw: str) -> None:
        if self.silent_until:
            return
        decoded = decode_entities(raw)
        if self.emoji:
            decoded = _EMOJI_CODE.sub(lambda found: " " if found[0] in self.emoji else found[0], decoded)
        self.builder.text(decoded)

    def start(self, name: str, attributes: str) -> None:
        if self.silent_until:
            if name != self.silent_until:
                return
            if name == "span":
                self.depth += 1
                return
            self.silent_until = ""  # neither anchors nor paragraphs nest: a new one ends the old one
        if name == "br":
            self.builder.text("\n")
        elif name == "a":
            self.anchor(_attributes(attributes))
        elif name in ("p", "span") and "quote-inline" in _attributes(attributes).get("class", "").split():
            self.silence(name)

    def end(self, name: str) -> None:
        if not self.silent_until:
            self.builder.text(_BREAKS_AFTER.get(name, ""))
        elif name == self.silent_until:
            self.depth -= 1
            if self.depth == 0:
                self.silent_until = ""

    def anchor(self, attributes: dict[str, str]) -> None:
        classes = attributes.get("class", "").split()
        href = attributes.get("href", "").strip()
        if "hashtag" in classes or "tag" in attributes.get("rel", "").split():
            return
        if "mention" in classes or href in self.mention_urls:
            if href in self.own_urls:
                self.builder.own_mention()
            self.silence("a")
        elif is_web_link(href):
            self.builder.link(href)
            self.silence("a")

    def silence(self, name: str) -> None:
        self.silent_until, self.depth = name, 1
