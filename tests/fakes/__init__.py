"""Fakes of the outside ports for tests of flows: small, in memory, with the failures a test asks for."""
