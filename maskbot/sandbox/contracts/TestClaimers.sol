// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

interface Claimable {
    function claim(bytes32 id, bytes calldata signedMsg, address recipient) external returns (uint256);
}

/// Contracts that claim from red packets, for tests (red-packets.md 2.6, 10).
contract Claimer {
    function claim(address packets, bytes32 id, bytes calldata proof, address recipient) external returns (uint256) {
        return Claimable(packets).claim(id, proof, recipient);
    }
}

/// Needs more than 2300 gas when it is paid.
contract HungryClaimer is Claimer {
    uint256 public payments;

    receive() external payable {
        payments++;
    }
}

/// Takes coins without a thought.
contract QuietReceiver {
    receive() external payable {}
}

/// Claims once, from its constructor.
contract Child {
    constructor(address packets, bytes32 id, bytes memory proof, address recipient) {
        Claimable(packets).claim(id, proof, recipient);
    }
}

/// Takes many shares in one transaction, through children whose addresses are known beforehand.
contract Sweeper {
    function sweep(address packets, bytes32 id, bytes[] calldata proofs, address recipient) external {
        for (uint256 at = 0; at < proofs.length; at++) {
            new Child(packets, id, proofs[at], recipient);
        }
    }
}
