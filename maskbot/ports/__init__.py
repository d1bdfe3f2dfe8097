"""What flows need from the inside (repeatable) and the outside (not repeatable), in our words."""
