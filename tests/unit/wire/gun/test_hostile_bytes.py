"""Thousands of damaged frames, conversations and records: a result or a named refusal, never anything else."""

from __future__ import annotations

import random

from tests.fuzz.fuzz_gun import seeds, target


def test_every_truncation_of_every_seed_is_survived() -> None:
    for seed in seeds():
        for length in range(1, len(seed), 7):
            target(seed[:length])


def test_mutated_seeds_are_survived() -> None:
    source, inputs = random.Random(38), seeds()
    marks = [
        b'{"#":',
        b'"@":',
        b'"put":',
        b'">":',
        b'"_":',
        b"[",
        b"]",
        b"}",
        b"1e999",
        b"-0",
        b"null",
        b'"\\ud800"',
        b"\\",
    ]
    for _ in range(6_000):
        data = bytearray(source.choice(inputs))
        for _ in range(source.randint(1, 6)):
            place = source.randrange(1, len(data) + 1)
            data[place : place + source.randrange(4)] = source.choice([*marks, source.randbytes(2)])
        target(bytes(data))
