"""The requests about wallets in the vault's protocol, and how they are done. Fees are 16 bytes, big-endian.

`[1, "createwallet", key id, tenant id, index, private key, mnemonic, password, path]`,
`[1, "signpayments", [[intent id, highest fee, tip, is legacy], ...]]`, answered for each by `[hash]` or `[family, kind, message]`,
`[1, "signreplacement", intent id, highest fee, tip, is legacy, after, is cancel]`, `[1, "signproposal", proposal id]`.
No request gives a wallet's key out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from maskbot.adapters.vault.errors import BadFrame
from maskbot.domain.errors import Malformed, MaskbotError, Refused
from maskbot.domain.gas import GasOffer
from maskbot.ports.treasury import SignOrder, WalletKeys, WalletSource

_FEE_BYTES = 16
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class CreateWallet:
    """Make or import a wallet key; the answer is its address."""

    key_id: str
    tenant_id: str
    source: WalletSource = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignPayments:
    """Sign approved intents of one wallet; for each the answer is the hash of its transaction, or why it is not signed."""

    orders: tuple[SignOrder, ...]


@dataclass(frozen=True, slots=True)
class SignReplacement:
    """Sign a replacement or a cancellation; the answer is the hash of the transaction."""

    intent_id: str
    offer: GasOffer
    after: int
    is_cancel: bool


@dataclass(frozen=True, slots=True)
class SignProposal:
    """Sign a planned proposal to a Safe; the answer is 65 bytes."""

    proposal_id: str


WalletRequest = CreateWallet | SignPayments | SignReplacement | SignProposal


def wallet_fields(request: WalletRequest) -> list[object]:
    """The fields of a request, behind its name."""
    match request:
        case CreateWallet(key_id, tenant_id, source):
            secrets = [source.private_key, source.mnemonic, source.password, source.path]
            return [key_id, tenant_id, source.hd_index, *secrets]
        case SignPayments(orders):
            return [[[order.intent_id, *_offer_fields(order.offer)] for order in orders]]
        case SignReplacement(intent_id, offer, after, is_cancel):
            return [intent_id, *_offer_fields(offer), after, is_cancel]
        case SignProposal(proposal_id):
            return [proposal_id]


def do_wallet_request(keys: WalletKeys, request: WalletRequest) -> bytes | list[list[bytes | str]]:
    """The answer to a request."""
    match request:
        case CreateWallet(key_id, tenant_id, source):
            return keys.create_wallet_key(key_id=key_id, tenant_id=tenant_id, source=source)
        case SignPayments(orders):
            return [_answer_fields(answer) for answer in keys.sign_payments(orders)]
        case SignReplacement(intent_id, offer, after, is_cancel):
            return keys.sign_replacement(intent_id=intent_id, offer=offer, after=after, is_cancel=is_cancel)
        case SignProposal(proposal_id):
            return keys.sign_proposal(proposal_id=proposal_id)


def read_answers(value: object, *, count: int) -> tuple[bytes | MaskbotError, ...]:
    """What became of so many orders. Raises BadFrame."""
    try:
        answers = tuple(_read_answer(_is(list, one)) for one in _is(list, value))
    except (TypeError, ValueError, KeyError) as error:
        raise BadFrame("expected hashes and refusals from the vault") from error
    if len(answers) != count:
        raise BadFrame("the vault answered another number of payments")
    return answers


def _answer_fields(answer: bytes | MaskbotError) -> list[bytes | str]:
    if isinstance(answer, bytes):
        return [answer]
    return ["Malformed" if isinstance(answer, Malformed) else "Refused", answer.kind, str(answer)[:1000]]


def _read_answer(fields: list[object]) -> bytes | MaskbotError:
    if len(fields) == 1:
        return _is(bytes, fields[0])
    family, kind, message = fields
    return {"Malformed": Malformed, "Refused": Refused}[_is(str, family)](_is(str, message), kind=_is(str, kind))


def _offer_fields(offer: GasOffer) -> list[object]:
    fees = [fee.to_bytes(_FEE_BYTES, "big") for fee in (offer.max_fee_wei, offer.tip_wei)]
    return [*fees, offer.is_legacy]


def _is(kind: type[_T], value: object) -> _T:
    if type(value) is not kind:
        raise TypeError(f"expected {kind.__name__}")
    return value


def _or_none(kind: type[_T], value: object) -> _T | None:
    return None if value is None else _is(kind, value)


def _read_offer(max_fee: object, tip: object, is_legacy: object) -> GasOffer:
    return GasOffer(_read_fee(max_fee), _read_fee(tip), is_legacy=_is(bool, is_legacy))


def _read_fee(value: object) -> int:
    fee = _is(bytes, value)
    if len(fee) != _FEE_BYTES:
        raise ValueError("a fee has 16 bytes")
    return int.from_bytes(fee, "big")


def _read_create(*fields: object) -> CreateWallet:
    key_id, tenant_id, hd_index, private_key, mnemonic, password, path = fields
    source = WalletSource(
        hd_index=_or_none(int, hd_index),
        private_key=_or_none(bytes, private_key),
        mnemonic=_or_none(str, mnemonic),
        password=_is(str, password),
        path=_is(str, path),
    )
    return CreateWallet(_is(str, key_id), _is(str, tenant_id), source)


def _read_sign(orders: object) -> SignPayments:
    return SignPayments(tuple(_read_order(*_is(list, order)) for order in _is(list, orders)))


def _read_order(intent_id: object, *offer: object) -> SignOrder:
    return SignOrder(_is(str, intent_id), _read_offer(*offer))


def _read_replacement(intent_id: object, *fields: object) -> SignReplacement:
    *offer, after, is_cancel = fields
    return SignReplacement(_is(str, intent_id), _read_offer(*offer), _is(int, after), _is(bool, is_cancel))


WALLET_READERS: Mapping[str, Callable[..., WalletRequest]] = {
    "createwallet": _read_create,
    "signpayments": _read_sign,
    "signreplacement": _read_replacement,
    "signproposal": lambda proposal_id: SignProposal(_is(str, proposal_id)),
}
