// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Who signed the 20 bytes of an account as an Ethereum message (EIP-191). Accepts 65 bytes (v 27 or 28, low s) and the 64 bytes
/// of EIP-2098. Source: red-packets.md 2.4.
library Signatures {
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    function signerOver(address account, bytes calldata signature) internal pure returns (address signer) {
        bytes32 digest = keccak256(abi.encodePacked("\x19Ethereum Signed Message:\n20", account));
        bytes32 r;
        uint256 s;
        uint8 v;
        if (signature.length == 65) {
            r = bytes32(signature[0:32]);
            s = uint256(bytes32(signature[32:64]));
            v = uint8(signature[64]);
        } else if (signature.length == 64) {
            r = bytes32(signature[0:32]);
            uint256 packed = uint256(bytes32(signature[32:64]));
            s = packed & type(uint256).max >> 1;
            v = uint8(packed >> 255) + 27;
        } else {
            revert("ECDSA: invalid signature length");
        }
        require(s <= HALF_ORDER, "ECDSA: invalid signature 's' value");
        require(v == 27 || v == 28, "ECDSA: invalid signature 'v' value");
        signer = ecrecover(digest, v, r, bytes32(s));
        require(signer != address(0), "ECDSA: invalid signature");
    }
}
