"""Tests of `workers`, with real processes."""
