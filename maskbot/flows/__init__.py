"""What the bot does, step by step: `decide` reads and records, `act` makes exactly one outside call."""
