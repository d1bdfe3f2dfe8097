"""Exactly one call to the outside, then record what came back."""
