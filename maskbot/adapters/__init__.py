"""One file per SDK or server; translates every SDK exception at the door."""
