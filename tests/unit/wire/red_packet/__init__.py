"""Red packets as bytes."""
