"""A simulated X: one process that answers like the published API v2, for the sandbox and the tests.

Holds the server, its state and its control client; no bot code may import it. Follows spec/social-platforms.md, sections 2 and
9.1. Start it with `python -m maskbot.sandbox.x_server --port 0`; the first line on stdout is `{"port": N}`.
"""
