"""Processes are killed while the service works; the outside counts what happened."""
