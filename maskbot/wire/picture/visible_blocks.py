"""Which 8x8 blocks of an old picture carry data: everything but the disc in its middle.

The old templates showed a round emblem, and its blocks were masked out: they hold no bit and take no step of the hash chain.
The tables give, per block row, the inclusive range of hidden block columns, as counted in the mask pictures.

Source: spec `mask-payload.md` 13.2 (masks).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# (first row, last row, first hidden column, last hidden column), all inclusive
Disc: TypeAlias = tuple[tuple[int, int, int, int], ...]

DISC_1200X681: Disc = (
    (27, 27, 72, 77), (28, 28, 69, 80), (29, 29, 67, 82), (30, 30, 65, 84), (31, 31, 64, 85), (32, 33, 63, 86),
    (34, 34, 62, 87), (35, 37, 61, 88), (38, 46, 60, 89), (47, 49, 61, 88), (50, 50, 62, 87), (51, 52, 63, 86),
    (53, 53, 64, 85), (54, 54, 65, 84), (55, 55, 67, 82), (56, 56, 69, 80), (57, 57, 72, 77),
)  # fmt: skip

DISC_1024X1240: Disc = (
    (57, 57, 59, 68), (58, 58, 56, 71), (59, 59, 54, 73), (60, 60, 52, 75), (61, 61, 51, 76), (62, 62, 50, 77),
    (63, 63, 49, 78), (64, 64, 48, 79), (65, 66, 47, 80), (67, 67, 46, 81), (68, 70, 45, 82), (71, 83, 44, 83),
    (84, 86, 45, 82), (87, 87, 46, 81), (88, 89, 47, 80), (90, 90, 48, 79), (91, 91, 49, 78), (92, 92, 50, 77),
    (93, 93, 51, 76), (94, 94, 52, 75), (95, 95, 54, 73), (96, 96, 56, 71), (97, 97, 59, 68),
)  # fmt: skip

DISC_1000X560: Disc = (
    (22, 22, 58, 66), (23, 23, 56, 68), (24, 24, 54, 70), (25, 25, 53, 71), (26, 27, 52, 72), (28, 29, 51, 73),
    (30, 39, 50, 74), (40, 41, 51, 73), (42, 42, 52, 72), (43, 43, 53, 71), (44, 44, 54, 70), (45, 45, 55, 69),
    (46, 46, 56, 67), (47, 47, 59, 65),
)  # fmt: skip

NO_DISC: Disc = ()


def visible_blocks(columns: int, rows: int, *, disc: Disc) -> NDArray[np.intp]:
    """Lists the row-major indices of the blocks that carry data, ascending; shape (n,)."""
    import numpy as np  # 17 MB: not for a watcher, which only needs to know the presets' sizes

    visible = np.ones((rows, columns), dtype=bool)
    for first_row, last_row, first_column, last_column in disc:
        visible[first_row : last_row + 1, first_column : last_column + 1] = False
    return np.flatnonzero(visible)
