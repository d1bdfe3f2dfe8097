"""One file per revision, oldest first; linear history, no downgrades."""
