// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Tokens for tests: a plain one, and the unfriendly ones that exist in the wild (red-packets.md 10). The deployer owns the supply.
abstract contract Ledger {
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Approval(address indexed owner, address indexed spender, uint256 value);

    uint256 public totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(uint256 supply) {
        totalSupply = supply;
        balanceOf[msg.sender] = supply;
    }

    function move(address from, address to, uint256 value) internal virtual {
        require(balanceOf[from] >= value, "ERC20: transfer amount exceeds balance");
        balanceOf[from] -= value;
        balanceOf[to] += value;
        emit Transfer(from, to, value);
    }

    function allow(address owner, address spender, uint256 value) internal {
        allowance[owner][spender] = value;
        emit Approval(owner, spender, value);
    }

    function spend(address owner, uint256 value) internal {
        uint256 allowed = allowance[owner][msg.sender];
        if (allowed == type(uint256).max) return;
        require(allowed >= value, "ERC20: insufficient allowance");
        allow(owner, msg.sender, allowed - value);
    }
}

contract PlainToken is Ledger {
    string public symbol;
    uint8 public decimals;

    constructor(string memory symbol_, uint8 decimals_, uint256 supply) Ledger(supply) {
        symbol = symbol_;
        decimals = decimals_;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allow(msg.sender, spender, value);
        return true;
    }

    function transfer(address to, uint256 value) external returns (bool) {
        move(msg.sender, to, value);
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        spend(from, value);
        move(from, to, value);
        return true;
    }
}

/// Destroys half of every transfer.
contract FeeToken is PlainToken {
    constructor(uint256 supply) PlainToken("FEE", 18, supply) {}

    function move(address from, address to, uint256 value) internal override {
        super.move(from, to, value);
        uint256 lost = value - value / 2;
        balanceOf[to] -= lost;
        totalSupply -= lost;
        emit Transfer(to, address(0), lost);
    }
}

/// Returns nothing, and an allowance must be set to zero before it is changed, like Tether.
contract VoidToken is Ledger {
    string public constant symbol = "VOID";
    uint8 public constant decimals = 6;

    constructor(uint256 supply) Ledger(supply) {}

    function approve(address spender, uint256 value) external {
        require(value == 0 || allowance[msg.sender][spender] == 0);
        allow(msg.sender, spender, value);
    }

    function transfer(address to, uint256 value) external {
        move(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external {
        spend(from, value);
        move(from, to, value);
    }
}

/// Lets itself be approved and refuses every transfer while it is closed.
contract ClosedToken is PlainToken {
    bool public isOpen;

    constructor(uint256 supply) PlainToken("CLOSED", 18, supply) {}

    function open(bool isOpen_) external {
        isOpen = isOpen_;
    }

    function move(address from, address to, uint256 value) internal override {
        require(isOpen, "ClosedToken: closed");
        super.move(from, to, value);
    }
}

/// Answers false instead of reverting.
contract FalseToken is Ledger {
    string public constant symbol = "FALSE";
    uint8 public constant decimals = 18;

    constructor(uint256 supply) Ledger(supply) {}

    function approve(address spender, uint256 value) external returns (bool) {
        allow(msg.sender, spender, value);
        return true;
    }

    function transfer(address, uint256) external pure returns (bool) {
        return false;
    }

    function transferFrom(address, address, uint256) external pure returns (bool) {
        return false;
    }
}

interface NftReceiver {
    function onERC721Received(address operator, address from, uint256 id, bytes calldata data)
        external
        returns (bytes4);
}

/// A collection whose ids 0 to `supply - 1` belong to the deployer.
contract TestCollection {
    event Transfer(address indexed from, address indexed to, uint256 indexed id);
    event ApprovalForAll(address indexed owner, address indexed operator, bool approved);

    string public constant name = "Test Collection";
    string public constant symbol = "NFT";
    mapping(uint256 => address) private owners;
    mapping(address => mapping(address => bool)) public isApprovedForAll;

    constructor(uint256 supply) {
        for (uint256 id = 0; id < supply; id++) {
            owners[id] = msg.sender;
        }
    }

    function ownerOf(uint256 id) public view returns (address owner) {
        owner = owners[id];
        require(owner != address(0), "ERC721: owner query for nonexistent token");
    }

    function setApprovalForAll(address operator, bool approved) external {
        isApprovedForAll[msg.sender][operator] = approved;
        emit ApprovalForAll(msg.sender, operator, approved);
    }

    function transferFrom(address from, address to, uint256 id) public {
        address owner = ownerOf(id);
        bool may = msg.sender == owner || isApprovedForAll[owner][msg.sender];
        require(may, "ERC721: transfer caller is not owner nor approved");
        require(owner == from, "ERC721: transfer from incorrect owner");
        owners[id] = to;
        emit Transfer(from, to, id);
    }

    function safeTransferFrom(address from, address to, uint256 id) external {
        transferFrom(from, to, id);
        if (to.code.length == 0) return;
        try NftReceiver(to).onERC721Received(msg.sender, from, id, "") returns (bytes4 answer) {
            require(
                answer == NftReceiver.onERC721Received.selector, "ERC721: transfer to non ERC721Receiver implementer"
            );
        } catch {
            revert("ERC721: transfer to non ERC721Receiver implementer");
        }
    }

    function burn(uint256 id) external {
        require(ownerOf(id) == msg.sender, "ERC721: burn caller is not owner");
        delete owners[id];
        emit Transfer(msg.sender, address(0), id);
    }
}
