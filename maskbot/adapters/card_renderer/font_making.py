"""Makes the faces that cards are set in out of the published font files, and measures them. Needs fontTools: set-up only.

The one door to fontTools. Inter loses its contextual alternates, which turn `0x6982` into `0×6982` (price-cards.md 7.2), and all
characters no card needs; hinting goes everywhere, as the renderer ignores it. The same sources give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped,import-not-found,unused-ignore]  # no types, and there at set-up only
from fontTools.ttLib import TTFont  # type: ignore[import-untyped,import-not-found,unused-ignore]  # no types, and there at set-up only
from fontTools.varLib import instancer  # type: ignore[import-untyped,import-not-found,unused-ignore]  # no types, and there at set-up only

LATIN = (
    *range(0x20, 0x250),
    *range(0x2B0, 0x370),
    *range(0x370, 0x530),
    *range(0x1E00, 0x2000),
    *range(0x2000, 0x2070),
    *range(0x2070, 0x20D0),
    *range(0x2100, 0x2300),
    *range(0x2500, 0x2600),
)
ARABIC = (
    *(0x20, 0x200C, 0x200D),
    *range(0x600, 0x700),
    *range(0x750, 0x780),
    *range(0x8A0, 0x900),
    *range(0xFB50, 0xFE00),
    *range(0xFE70, 0xFEFF),
)
_LATIN_FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum"]


def cut_face(
    source: Path, target: Path, *, axes: Mapping[str, float], characters: Iterable[int], is_latin: bool
) -> None:
    """Write one static face of a variable font, with these characters only."""
    font = TTFont(source, recalcTimestamp=False)
    options = subset.Options()
    options.hinting = False
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.name_IDs = ["*"]
    options.layout_features = _LATIN_FEATURES if is_latin else ["*"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=characters)
    cutter.subset(font)
    instancer.instantiateVariableFont(font, dict(axes), updateFontNames=True, inplace=True)
    font.save(target)


def drop_tables(source: Path, target: Path, *, tables: Iterable[str]) -> None:
    """Write the font without these tables (the SVG twin of a colour font is most of its bytes)."""
    font = TTFont(source, recalcTimestamp=False)
    for table in tables:
        if table in font:
            del font[table]
    font.save(target)


def measured(face: Path) -> dict[str, object]:
    """Advances and pair kerning of printable ASCII in thousandths of the font size, by character; for `Metrics`."""
    font = TTFont(face)
    units, widths, characters = font["head"].unitsPerEm, font["hmtx"].metrics, font.getBestCmap()
    advances = {chr(code): round(widths[glyph][0] * 1000 / units) for code, glyph in characters.items()}
    pairs = _kerning(font, {code: characters[code] for code in range(0x20, 0x7F) if code in characters})
    return {"advances": advances, "kerning": {pair: round(value * 1000 / units) for pair, value in pairs.items()}}


def covered(face: Path) -> list[list[int]]:
    """The characters of a face, as ranges with both ends."""
    ranges: list[list[int]] = []
    for code in sorted(TTFont(face, lazy=True).getBestCmap()):
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges


def _kerning(font: TTFont, glyphs: Mapping[int, str]) -> dict[str, int]:
    """What the kern feature adds between two characters, in font units."""
    if "GPOS" not in font:
        return {}
    table = font["GPOS"].table
    wanted = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "kern"
        for index in record.Feature.LookupListIndex
    }
    found: dict[str, int] = {}
    for index in sorted(wanted):
        subtables = [getattr(each, "ExtSubTable", each) for each in table.LookupList.Lookup[index].SubTable]
        pairs = [each for each in subtables if each.LookupType == 2]
        for first, left in glyphs.items():
            for second, right in glyphs.items():
                value = _pair_value(pairs, left, right)
                if value:
                    found[chr(first) + chr(second)] = found.get(chr(first) + chr(second), 0) + value
    return found


def _pair_value(subtables: list[object], left: str, right: str) -> int:
    """The first subtable that knows the pair decides, also when it says 0 (OpenType, GPOS lookup type 2)."""
    for each in subtables:
        coverage = each.Coverage.glyphs  # type: ignore[attr-defined]  # fontTools builds its table classes at run time
        if left not in coverage:
            continue
        if each.Format == 1:  # type: ignore[attr-defined]
            pair_set = each.PairSet[coverage.index(left)]  # type: ignore[attr-defined]
            for record in pair_set.PairValueRecord:
                if record.SecondGlyph == right:
                    return int(getattr(record.Value1, "XAdvance", 0) or 0)
            continue
        row = each.ClassDef1.classDefs.get(left, 0)  # type: ignore[attr-defined]
        column = each.ClassDef2.classDefs.get(right, 0)  # type: ignore[attr-defined]
        value = each.Class1Record[row].Class2Record[column].Value1  # type: ignore[attr-defined]
        return int(getattr(value, "XAdvance", 0) or 0)
    return 0
