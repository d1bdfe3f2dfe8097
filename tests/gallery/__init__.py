"""Sample cards to look at: `make gallery`."""
