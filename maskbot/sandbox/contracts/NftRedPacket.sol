// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Signatures} from "./Signatures.sol";

interface Collection {
    function ownerOf(uint256 id) external view returns (address);
    function isApprovedForAll(address owner, address operator) external view returns (bool);
    function safeTransferFrom(address from, address to, uint256 id) external;
}

/// maskbot's development contract for ERC-721 red packets, for sandboxes and tests only. Written from red-packets.md sections 4 and 6
/// alone, with its proved quirks: token id 0 is not remembered, durations wrap at 32 bits, sold ids are struck off late.
contract NftRedPacket {
    struct Packet {
        address creator;
        uint32 expiry;
        uint16 left;
        address key;
        address token;
        uint256 gone;
        uint256[] ids;
        mapping(address => uint256) taken;
    }

    event CreationSuccess(
        uint256 total_tokens, bytes32 indexed id, string name, string message, address indexed creator,
        uint256 creation_time, address token_address, uint256 packet_number, uint256 duration, uint256[] token_ids
    );
    event ClaimSuccess(bytes32 indexed id, address indexed claimer, uint256 claimed_token_id, address token_address);

    bytes32 private immutable secret;
    uint32 private created;
    mapping(bytes32 => Packet) private packets;

    constructor() {
        secret = keccak256(abi.encodePacked(block.timestamp, msg.sender, address(this)));
    }

    function initialize() external pure {
        revert("Initializable: contract is already initialized");
    }

    function create_red_packet(
        address public_key, uint64 duration, bytes32 seed, string calldata message, string calldata name,
        address token, uint256[] calldata ids
    ) external {
        require(ids.length > 0, "At least 1 recipient");
        require(ids.length <= 256, "At most 256 recipient");
        require(Collection(token).isApprovedForAll(msg.sender, address(this)), "No approved yet");
        created++;
        bytes32 id = keccak256(abi.encodePacked(msg.sender, block.timestamp, created, secret, seed));
        Packet storage packet = packets[id];
        packet.creator = msg.sender;
        packet.expiry = uint32(block.timestamp + duration); // wraps by specification
        packet.left = uint16(ids.length);
        packet.key = public_key;
        packet.token = token;
        packet.ids = ids;
        emit CreationSuccess(
            ids.length, id, name, message, msg.sender, block.timestamp, token, ids.length, duration, ids
        );
    }

    function claim(bytes32 id, bytes calldata signedMsg, address recipient) external returns (uint256 claimed) {
        Packet storage packet = packets[id];
        require(packet.expiry > block.timestamp, "Expired");
        require(Signatures.signerOver(msg.sender, signedMsg) == packet.key, "verification failed");
        require(packet.left > 0, "No available token remain");
        uint256 index = pick(packet);
        claimed = packet.ids[index];
        require(packet.taken[msg.sender] == 0, "Already claimed");
        packet.taken[msg.sender] = claimed;
        strike(packet, index);
        Collection(packet.token).safeTransferFrom(packet.creator, recipient, claimed);
        emit ClaimSuccess(id, recipient, claimed, packet.token);
    }

    /// A random id that is left; if it was sold, the first one that is still owned, and those met before it are struck off.
    function pick(Packet storage packet) private returns (uint256) {
        uint256 drawn = uint256(keccak256(abi.encodePacked(created, msg.sender, secret, block.timestamp)));
        uint256 steps = drawn % packet.left;
        uint256 index;
        for (;; index++) {
            if (packet.gone >> index & 1 == 1) continue;
            if (steps == 0) break;
            steps--;
        }
        if (isOwned(packet, index)) return index;
        for (index = 0; index < packet.ids.length; index++) {
            if (packet.gone >> index & 1 == 1) continue;
            if (isOwned(packet, index)) return index;
            strike(packet, index);
        }
        revert("No available token remain");
    }

    function isOwned(Packet storage packet, uint256 index) private view returns (bool) {
        return Collection(packet.token).ownerOf(packet.ids[index]) == packet.creator;
    }

    function strike(Packet storage packet, uint256 index) private {
        packet.gone |= 1 << index;
        packet.left--;
    }

    function check_availability(bytes32 id)
        external
        view
        returns (
            address token_address, uint16 balance, uint256 total_pkts, bool expired, uint256 claimed_id, uint256 bit_status
        )
    {
        Packet storage packet = packets[id];
        return (
            packet.token, packet.left, packet.ids.length, block.timestamp > packet.expiry, packet.taken[msg.sender],
            packet.gone
        );
    }

    function check_claimed_id(bytes32 id) external view returns (uint256) {
        return packets[id].taken[msg.sender];
    }

    function check_erc721_remain_ids(bytes32 id) external view returns (uint256 bit_status, uint256[] memory ids) {
        return (packets[id].gone, packets[id].ids);
    }

    function check_ownership(uint256[] calldata ids, address token) external view returns (bool) {
        for (uint256 at = 0; at < ids.length; at++) {
            if (Collection(token).ownerOf(ids[at]) != msg.sender) return false;
        }
        return true;
    }
}
