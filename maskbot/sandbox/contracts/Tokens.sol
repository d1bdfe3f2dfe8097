// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Moves ERC-20 tokens, also those that return nothing (EIP-20 as it is in the wild). A token's own revert text comes through.
library Tokens {
    /// Takes `amount` from `owner` and returns what really arrived.
    function pull(address token, address owner, uint256 amount) internal returns (uint256) {
        uint256 before = balance(token);
        send(token, abi.encodeWithSignature("transferFrom(address,address,uint256)", owner, address(this), amount));
        return balance(token) - before;
    }

    function push(address token, address to, uint256 amount) internal {
        send(token, abi.encodeWithSignature("transfer(address,uint256)", to, amount));
    }

    function balance(address token) private view returns (uint256) {
        require(token.code.length > 0, "Tokens: no contract at this address");
        (bool done, bytes memory answer) =
            token.staticcall(abi.encodeWithSignature("balanceOf(address)", address(this)));
        require(done && answer.length >= 32, "Tokens: no balance");
        return abi.decode(answer, (uint256));
    }

    function send(address token, bytes memory data) private {
        require(token.code.length > 0, "Tokens: no contract at this address");
        (bool done, bytes memory answer) = token.call(data);
        if (!done) {
            assembly { revert(add(answer, 32), mload(answer)) }
        }
        require(answer.length == 0 || abi.decode(answer, (bool)), "Tokens: the transfer failed");
    }
}
