"""Read the store, decide, record; never touches the outside; safe to repeat."""
