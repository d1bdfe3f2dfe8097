"""Which contracts of Safe are genuine: addresses that follow from the published code (CREATE2), and the code of its proxies.

The addresses are the same on every chain whose deployment is canonical. A test makes them again from the bytes of the npm package
(1.4.1); those of 1.3.0 were made the same way from npm `@gnosis.pm/safe-contracts` 1.3.0, by both deployers that were used.
Source: applets.md 10.1; safe-deployments.
"""

from __future__ import annotations

from collections.abc import Mapping

from maskbot.domain.money import Address
from maskbot.domain.safe import SafeVersion


def _address(text: str) -> Address:
    return Address(bytes.fromhex(text))


SINGLETONS: Mapping[Address, SafeVersion] = {
    _address("41675C099F32341bf84BFc5382aF534df5C7461a"): SafeVersion.V1_4_1,
    _address("29fcB43b46531BcA003ddC8FCB67FFE91900C762"): SafeVersion.V1_4_1,  # L2
    _address("d9Db270c1B5E3Bd161E8c8503c55cEABeE709552"): SafeVersion.V1_3_0,
    _address("3E5c63644E683549055b9Be8653de26E0B4CD36E"): SafeVersion.V1_3_0,  # L2
    _address("69f4D1788e39c87893C980c06EdF4b7f686e2938"): SafeVersion.V1_3_0,  # the second deployer
    _address("fb1bffC9d739B8D520DaF37dF666da4C687191EA"): SafeVersion.V1_3_0,  # L2, the second deployer
}

MULTI_SENDS: Mapping[Address, SafeVersion] = {
    _address("9641d764fc13c8B624c04430C7356C1C7C8102e2"): SafeVersion.V1_4_1,
    _address("40A2aCCbd92BCA938b02010E17A5b8929b49130D"): SafeVersion.V1_3_0,
    _address("A1dabEF33b3B82c7814B6D82A79e50F4AC44102B"): SafeVersion.V1_3_0,  # the second deployer
}
"""MultiSendCallOnly: what a batch may be delegated to, and nothing else."""

MULTI_SEND_CODE_HASHES: Mapping[SafeVersion, bytes] = {
    SafeVersion.V1_4_1: bytes.fromhex("ecd5bd14a08c5d2122379900b2f272bdf107a7e92423c10dd5fe3254386c9939"),
    SafeVersion.V1_3_0: bytes.fromhex("a9865ac2d9c7a1591619b188c4d88167b50df6cc0c5327fcbd1c8c75f7c066ad"),
}
"""Keccak-256 of its code. To be asked for before a batch is proposed: a delegate call to an address without code succeeds and pays
nobody."""

PROXY_CODE_HASHES: Mapping[bytes, SafeVersion] = {
    bytes.fromhex("d7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c"): SafeVersion.V1_4_1,
    bytes.fromhex("b89c1b3bdf2cf8827818646bce9a8f6e372885f8c55e5c07acbd307cb133b000"): SafeVersion.V1_3_0,
}
"""Keccak-256 of the code of a proxy, which asks its singleton for everything and tells truly which one that is. A proxy may be
older than its singleton: a Safe can be moved to a newer one."""


def multi_send_of(version: SafeVersion) -> tuple[Address, ...]:
    """The batch contracts of a version, the usual one first."""
    return tuple(address for address, of in MULTI_SENDS.items() if of is version)
