"""The red packet contracts we trust, by chain and version (red-packets.md 11.1 and 11.2). Data only; asked through `addresses.py`.

Where the extension's list and the contract repository disagree (the ERC-721 packet on Optimism), the specification's row is taken.
A row is chain id, its name, the address, and the first block worth scanning (the client's constant, None where it has none).
"""

from __future__ import annotations

V4 = (
    (1, "mainnet", "0xaBBe1101FD8fa5847c452A6D70C8655532B03C33", 12_939_427),
    (3, "ropsten", "0x0722507c3b776A6B205946592016e358B0D34c3F", None),
    (5, "goerli", "0x8bF6b979286970860Adc75dc621cf1969b0bE66C", None),
    (10, "optimism", "0x981be454a930479d92C91a0092D204b64845A5D6", 1_266_143),
    (24, "kardia", "0x081ea6437E73F3b4504b131443309404a9bC2054", None),
    (56, "bsc", "0x0ca42C178e14c618c81B8438043F27d9D38145f6", 9_657_240),
    (69, "optimism_kovan", "0x68EDbfA3E564C987FaaAB54f4FD1E7567D4151Dd", 442_843),
    (71, "conflux_espace_test", "0x913975af2Bb8a6Be4100D7dc5e9765B77F6A5d6c", None),
    (100, "xdai", "0x54a0A221C25Fc0a347EC929cFC5db0be17fA2a2B", 18_101_937),
    (122, "fuse", "0x561c5f3a19871ecb1273D6D8eCc276BeEDa5c8b4", None),
    (137, "matic", "0x93e0b87A0aD0C991dc1B5176ddCD850c9a78aabb", 17_494_774),
    (169, "manta", "0x0Cc83D728CB8dDC5e0C9Aeec375cF08a68Ef9bDF", None),
    (195, "x1_test", "0x977baB5f7e2cEd0C91fDA890Ed1DBDfD3Ee9AE81", 7_320_220),
    (196, "x1", "0xDb847f1D8099C5b15519ECfd0b0C981d719bccE6", None),
    (232, "lens", "0x2CB304F176775Fcb4D9763f488c486B0Af9A6Bf8", None),
    (250, "fantom", "0x578a7Fee5f0D8CEc7d00578Bf37374C5b95C4b98", 25_112_473),
    (288, "boba", "0x578a7Fee5f0D8CEc7d00578Bf37374C5b95C4b98", None),
    (324, "zksync_era", "0x5916FEE647A7f0aC234D6828Fe76636bd730B40A", None),
    (588, "metis_test", "0xAb7B1bE4233A04e5C43a810E75657ECED8E5463B", None),
    (592, "astar", "0x2cF46Db820e279c5fBF778367D49d9C931D54524", 910_985),
    (1030, "conflux_espace", "0x96c7D011cdFD467f551605f0f5Fce279F86F4186", 37_670_572),
    (1088, "metis", "0x2cf91AD8C175305EBe6970Bd8f81231585EFbd77", 1_702_860),
    (1285, "moonriver", "0x578a7Fee5f0D8CEc7d00578Bf37374C5b95C4b98", None),
    (1329, "sei", "0xB349AC5E5C037C2ecb2AE9fCDc8F122b5f384620", 81_152_032),
    (8453, "base", "0x8D03d9b43e98Cc2f790Be4E96503fD0CcFd04a2D", 2_604_113),
    (37111, "lens_testnet", "0xE42da51a5BEef75b7f3C973021cbEf039c0b5a35", None),
    (42161, "arbitrum", "0x83D6b366f21e413f214EB077D5378478e71a5eD2", 909_051),
    (42220, "celo", "0xAb7B1bE4233A04e5C43a810E75657ECED8E5463B", 10_413_552),
    (43113, "avalanche_fuji", "0x3f64DFB6009d138DfD7b62916f3322A438d8b00D", 4_751_550),
    (43114, "avalanche", "0xF9F7C1496c21bC0180f4B64daBE0754ebFc8A8c0", 8_306_507),
    (59144, "linea", "0xB349AC5E5C037C2ecb2AE9fCDc8F122b5f384620", None),
    (84531, "base_goerli", "0x16f61cb37169523635B6761f3C946892fb3c18fB", None),
    (421611, "arbitrum_rinkeby", "0x4A77E797031257db72F7D2C3Ec08a4FAc5c8CfE9", None),
    (534351, "scroll_sepolia", "0x16f61cb37169523635B6761f3C946892fb3c18fB", None),
    (534352, "scroll", "0x16f61cb37169523635B6761f3C946892fb3c18fB", 96_705),
    (1313161554, "aurora", "0x19f179D7e0D7d9F9d5386afFF64271D98A91615B", 57_552_338),
    (1313161555, "aurora_testnet", "0xdB93cCd481012bB5D1E2c8d0aF7C5f2940c00fdC", 77_918_765),
    (1666600000, "harmony", "0xAb7B1bE4233A04e5C43a810E75657ECED8E5463B", None),
    (1666700000, "harmony_test", "0x96c7D011cdFD467f551605f0f5Fce279F86F4186", None),
)

NFT = (
    (1, "mainnet", "0x8d285739523FC2Ac8eC9c9C229ee863C8C9bF8C8", 13_229_711),
    (3, "ropsten", "0x8fF42e93C19E44763FD1cD07b9E04d13bA07AD3f", None),
    (5, "goerli", "0x0a04e23f95E9DB2Fe4C31252548F663fFe3AAe4d", None),
    (10, "optimism", "0x02Ea0720254F7fa4eca7d09A1b9C783F1020EbEF", None),
    (24, "kardia", "0xc3e62b2CC70439C32a381Bfc056aCEd1d7162cef", None),
    (56, "bsc", "0xf8968e1Fcf1440Be5Cec7Bb495bcee79753d5E06", 10_932_348),
    (69, "optimism_kovan", "0x556F63d7467c729034585C3e50e54e582222b491", None),
    (71, "conflux_espace_test", "0x71834a3FDeA3E70F14a93ED85c6be70925D0CAd9", None),
    (100, "xdai", "0x561c5f3a19871ecb1273D6D8eCc276BeEDa5c8b4", None),
    (122, "fuse", "0x066804d9123bF2609Ed4A4a40b1177a9c5a9Ed51", None),
    (137, "matic", "0xf6Dc042717EF4C097348bE00f4BaE688dcaDD4eA", 19_131_916),
    (169, "manta", "0xB349AC5E5C037C2ecb2AE9fCDc8F122b5f384620", None),
    (195, "x1_test", "0xd81c16d71432d7dF04575fFE9fEd76F837FEa0CC", 7_319_723),
    (196, "x1", "0x977baB5f7e2cEd0C91fDA890Ed1DBDfD3Ee9AE81", None),
    (232, "lens", "0x55E667E5d35C34C0681eC1b2D5fA596c518aa05f", None),
    (250, "fantom", "0xF9F7C1496c21bC0180f4B64daBE0754ebFc8A8c0", None),
    (288, "boba", "0xF9F7C1496c21bC0180f4B64daBE0754ebFc8A8c0", None),
    (324, "zksync_era", "0x191805D475ea34B9FF941cf9be615FD87997cC5A", None),
    (588, "metis_test", "0x2cf91AD8C175305EBe6970Bd8f81231585EFbd77", None),
    (592, "astar", "0xc3e62b2CC70439C32a381Bfc056aCEd1d7162cef", None),
    (1030, "conflux_espace", "0x5B966f3a32Db9C180843bCb40267A66b73E4f022", None),
    (1088, "metis", "0x812463356F58fc8194645A1838ee6C52D8ca2D26", 1_702_933),
    (1285, "moonriver", "0xF9F7C1496c21bC0180f4B64daBE0754ebFc8A8c0", None),
    (1329, "sei", "0x8A42F70047a99298822dD1dbA34b454fc49913F2", 81_152_001),
    (8453, "base", "0xbC7d98985966f56A66B0cB5F23d865676dc2ac84", None),
    (37111, "lens_testnet", "0x4F830a4ecBDDE6f95fD9e7620D0769B66502737F", None),
    (42161, "arbitrum", "0x561c5f3a19871ecb1273D6D8eCc276BeEDa5c8b4", None),
    (42220, "celo", "0x96c7D011cdFD467f551605f0f5Fce279F86F4186", None),
    (43113, "avalanche_fuji", "0x5de932BD252DD79231C9eDB5F2e30D488B785109", None),
    (43114, "avalanche", "0x96c7D011cdFD467f551605f0f5Fce279F86F4186", None),
    (59144, "linea", "0x8A42F70047a99298822dD1dbA34b454fc49913F2", None),
    (84531, "base_goerli", "0x727F8030964CCEC6B0E344399c8d8E2B4C837351", None),
    (534351, "scroll_sepolia", "0x727F8030964CCEC6B0E344399c8d8E2B4C837351", None),
    (534352, "scroll", "0x727F8030964CCEC6B0E344399c8d8E2B4C837351", 96_705),
    (1313161554, "aurora", "0x05ee315E407C21a594f807D61d6CC11306D1F149", None),
    (1313161555, "aurora_testnet", "0x97369fEE7db34E0BfE47861f2ec44b4378d13eB4", None),
    (1666600000, "harmony", "0x83D6b366f21e413f214EB077D5378478e71a5eD2", None),
    (1666700000, "harmony_test", "0x981be454a930479d92C91a0092D204b64845A5D6", None),
)

V1 = (
    (1, "mainnet", "0x26760783C12181Efa3c435aee4aE686C53BdddBb", None),
    (3, "ropsten", "0x6D84e4863c0530bc0bb4291eF0ff454a40660ca3", None),
    (4, "rinkeby", "0x575F906dB24154977C7361C2319e2b25E897e3B6", None),
)

V2 = (
    (1, "mainnet", "0x8D8912E1237F9FF3EF661F32743CFB276E052F98", None),
    (3, "ropsten", "0x2E37676de88aD97f2BdBAa24d1421b4E3f3a63c8", None),
    (4, "rinkeby", "0x575F906dB24154977C7361C2319e2b25E897e3B6", None),
)

V3 = (
    (56, "bsc", "0x71834a3FDeA3E70F14a93ED85c6be70925D0CAd9", None),
    (137, "matic", "0x913975af2Bb8a6Be4100D7dc5e9765B77F6A5d6c", None),
    (80001, "mumbai", "0x0061E06c9f640a03C4981f43762d2AE5e03873c5", None),
    (42161, "arbitrum", "0x02Ea0720254F7fa4eca7d09A1b9C783F1020EbEF", None),
    (421611, "arbitrum_rinkeby", "0x6B70EC653c4331bdD0D0DCC7C941eb594e69a91d", None),
)
