"""drand: rounds fetched over HTTP from any server, believed only with the chain's BLS signature. Blocks as the second beacon."""

import maskbot.adapters.recursion  # noqa: F401 - first: see there
from maskbot.adapters.drand.beacons import ChainBeacons
from maskbot.adapters.drand.bls import is_genuine, public_key_of, sign_round
from maskbot.adapters.drand.client import BeaconFalse, DrandClient

__all__ = ["BeaconFalse", "ChainBeacons", "DrandClient", "is_genuine", "public_key_of", "sign_round"]
