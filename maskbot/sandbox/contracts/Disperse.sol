// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// maskbot's development contract for payments to many, for sandboxes and tests: every recipient gets their amount, or nobody does.
/// It holds nothing: coins come with the call and leave in it, tokens go straight from the caller to the recipients.
contract Disperse {
    function disperseEther(address[] calldata recipients, uint256[] calldata amounts) external payable {
        require(recipients.length == amounts.length, "Disperse: as many amounts as recipients");
        uint256 total = 0;
        for (uint256 index = 0; index < recipients.length; index++) {
            total += amounts[index];
            (bool done, bytes memory answer) = recipients[index].call{value: amounts[index]}("");
            check(done, answer);
        }
        require(total == msg.value, "Disperse: the coins are not the sum of the amounts");
    }

    function disperseToken(address token, address[] calldata recipients, uint256[] calldata amounts) external {
        require(recipients.length == amounts.length, "Disperse: as many amounts as recipients");
        require(token.code.length > 0, "Disperse: no contract at this address");
        for (uint256 index = 0; index < recipients.length; index++) {
            (bool done, bytes memory answer) = token.call(
                abi.encodeWithSignature(
                    "transferFrom(address,address,uint256)", msg.sender, recipients[index], amounts[index]
                )
            );
            check(done, answer);
            require(answer.length == 0 || abi.decode(answer, (bool)), "Disperse: the token says no");
        }
    }

    /// A recipient's or token's own revert text comes through.
    function check(bool done, bytes memory answer) private pure {
        if (!done) {
            assembly { revert(add(answer, 32), mload(answer)) }
        }
    }
}
