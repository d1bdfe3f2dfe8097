// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Signatures} from "./Signatures.sol";
import {Tokens} from "./Tokens.sol";

/// maskbot's development contract for red packets (v4), for sandboxes and tests only. Written from red-packets.md section 6 alone.
/// Anybody who can read a packet's key can take shares; random shares can be computed beforehand. Both are so by specification.
contract RedPacket {
    struct Packet {
        address creator;
        uint96 rest;
        address token;
        uint32 expiry;
        uint16 number;
        uint16 claimed;
        bool isToken;
        bool isRandom;
        address key;
        mapping(address => uint256) taken;
    }

    event CreationSuccess(
        uint256 total, bytes32 id, string name, string message, address creator, uint256 creation_time,
        address token_address, uint256 number, bool ifrandom, uint256 duration
    );
    event ClaimSuccess(bytes32 id, address claimer, uint256 claimed_value, address token_address);
    event RefundSuccess(bytes32 id, address token_address, uint256 remaining_balance);

    uint256 private immutable mostShares;
    address private immutable payer;
    bytes32 private immutable secret;
    uint32 private created;
    mapping(bytes32 => Packet) private packets;

    constructor(uint256 mostShares_, address payer_) {
        mostShares = mostShares_;
        payer = payer_;
        secret = keccak256(abi.encodePacked(block.timestamp, msg.sender, address(this)));
    }

    function initialize() external pure {
        revert("Initializable: contract is already initialized");
    }

    /// The account that may claim for many recipients; without one this reverts with empty data, as if it did not exist.
    function gasPayer() external view returns (address) {
        if (payer == address(0)) {
            assembly { revert(0, 0) }
        }
        return payer;
    }

    struct Wanted {
        address key;
        uint256 number;
        bool isRandom;
        uint256 duration;
        bytes32 seed;
        uint256 tokenType;
        address token;
        uint256 total;
    }

    function create_red_packet(
        address public_key, uint256 number, bool ifrandom, uint256 duration, bytes32 seed,
        string calldata message, string calldata name, uint256 token_type, address token_addr, uint256 total_tokens
    ) external payable {
        Wanted memory wanted =
            Wanted(public_key, number, ifrandom, duration, seed, token_type, token_addr, total_tokens);
        uint256 total = take(wanted);
        bytes32 id = book(wanted, total);
        emit CreationSuccess(
            total, id, name, message, msg.sender, block.timestamp, token_addr, number, ifrandom, duration
        );
    }

    function take(Wanted memory wanted) private returns (uint256 total) {
        require(wanted.total >= wanted.number, "#tokens > #packets");
        require(wanted.number > 0, "At least 1 recipient");
        require(wanted.number <= mostShares, string.concat("At most ", decimal(mostShares), " recipients"));
        require(wanted.tokenType < 2, "Unrecognizable token type");
        total = wanted.total;
        if (wanted.tokenType == 0) {
            require(msg.value >= total, "No enough ETH");
        } else {
            total = Tokens.pull(wanted.token, msg.sender, total);
            require(total >= wanted.number, "#received > #packets");
        }
        bool fits = total < 2 ** 96 && wanted.duration < 2 ** 32 && block.timestamp + wanted.duration < 2 ** 32;
        require(fits, "Value out of range BOX");
    }

    function book(Wanted memory wanted, uint256 total) private returns (bytes32 id) {
        created++;
        id = keccak256(abi.encodePacked(msg.sender, block.timestamp, created, secret, wanted.seed));
        Packet storage packet = packets[id];
        packet.creator = msg.sender;
        packet.rest = uint96(total);
        packet.token = wanted.token;
        packet.expiry = uint32(block.timestamp + wanted.duration);
        packet.number = uint16(wanted.number);
        packet.isToken = wanted.tokenType == 1;
        packet.isRandom = wanted.isRandom;
        packet.key = wanted.key;
    }

    function claim(bytes32 id, bytes calldata signedMsg, address recipient) external returns (uint256 claimed) {
        Packet storage packet = packets[id];
        require(packet.expiry > block.timestamp, "Expired");
        uint256 left = packet.number - packet.claimed;
        require(left > 0, "Out of stock");
        require(Signatures.signerOver(msg.sender, signedMsg) == packet.key, "Verification failed");
        claimed = share(packet, left);
        address claimer = payer != address(0) && msg.sender == payer ? recipient : msg.sender;
        require(packet.taken[claimer] == 0, "Already claimed"); // last by specification: repeaters pay for the checks before
        packet.taken[claimer] = claimed;
        packet.rest -= uint96(claimed);
        packet.claimed++;
        pay(packet, recipient, claimed);
        emit ClaimSuccess(id, recipient, claimed, packet.token);
    }

    function share(Packet storage packet, uint256 left) private view returns (uint256) {
        uint256 rest = packet.rest;
        if (left == 1) return rest;
        if (!packet.isRandom) return rest / left;
        uint256 drawn = uint256(keccak256(abi.encodePacked(created, msg.sender, secret, block.timestamp)));
        unchecked {
            drawn = (drawn + 1) % (2 * rest / left);
        }
        return drawn == 0 ? 1 : drawn;
    }

    function pay(Packet storage packet, address to, uint256 value) private {
        if (packet.isToken) {
            Tokens.push(packet.token, to, value);
            return;
        }
        (bool done,) = to.call{value: value, gas: 0}(""); // a call with value brings 2300 gas of its own, and no more
        if (!done) {
            assembly { revert(0, 0) }
        }
    }

    function check_availability(bytes32 id)
        external
        view
        returns (
            address token_address, uint256 balance, uint256 total, uint256 claimed, bool expired, uint256 claimed_amount
        )
    {
        Packet storage packet = packets[id];
        return (
            packet.token, packet.rest, packet.number, packet.claimed, block.timestamp > packet.expiry,
            packet.taken[msg.sender]
        );
    }

    function refund(bytes32 id) external {
        Packet storage packet = packets[id];
        require(packet.creator == msg.sender, "Creator Only");
        require(packet.expiry <= block.timestamp, "Not expired yet");
        uint256 rest = packet.rest;
        require(rest > 0, "None left in the red packet");
        packet.rest = 0;
        pay(packet, msg.sender, rest);
        emit RefundSuccess(id, packet.token, rest);
    }

    function decimal(uint256 number) private pure returns (string memory text) {
        for (; number > 0; number /= 10) {
            text = string.concat(string(abi.encodePacked(bytes1(uint8(48 + number % 10)))), text);
        }
    }
}
