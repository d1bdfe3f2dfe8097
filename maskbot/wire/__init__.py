"""Bytes and text to values and back: pure translation, no I/O; randomness and time are arguments."""
