"""The command line: one file per noun. Imports nothing here, so that each command loads only what it needs."""
