"""Nouns and rules of maskbot. Imports the standard library only."""
