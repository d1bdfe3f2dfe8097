"""The post key as JSON text, which v38 and its elders seal instead of the raw bytes (mask-payload.md, 5 and 7.2)."""

from __future__ import annotations

from maskbot.wire.crypto import InvalidBase64, InvalidKey, aes_key_from_jwk, decode_base64url, encode_base64url
from maskbot.wire.payload import js_json
from maskbot.wire.payload.utf8 import decode_whatwg

MAX_BYTES = 4096
_LENGTH = 122
_CHROME = (b'{"alg":"A256GCM","ext":true,"k":"', b'","key_ops":["encrypt","decrypt"],"kty":"oct"}')
_CHROME_PUBLIC = (_CHROME[0], b'","key_ops":["decrypt","encrypt"],"kty":"oct"}')
_NODE = (b'{"key_ops":["encrypt","decrypt"],"ext":true,"kty":"oct","k":"', b'","alg":"A256GCM"}')
_USUAL = tuple((head, tail, len(head), _LENGTH - len(tail)) for head, tail in (_CHROME, _CHROME_PUBLIC, _NODE))
_ALGORITHMS = {16: "A128GCM", 24: "A192GCM", 32: "A256GCM"}


def post_key_text(post_key: bytes) -> bytes:
    """The 122 bytes sealed for owner and recipients of a v38 post, in Chrome's member order; order is not normative."""
    return _written(post_key, b'["encrypt","decrypt"]')


def public_post_key_text(post_key: bytes) -> bytes:
    """The 122 bytes sealed under the shared key of public v38 posts; here the order is fixed."""
    return _written(post_key, b'["decrypt","encrypt"]')


def read_post_key_text(text: bytes, *, is_public: bool) -> bytes:
    """The post key (16, 24 or 32 bytes) of a JSON text of any member order.

    End-to-end readers want `key_ops` and add `decrypt` to it; the public reader takes a key without.

    Raises:
        InvalidKey: no JSON, no AES key, or attributes that forbid the use.
    """
    if len(text) == _LENGTH:
        for head, tail, start, end in _USUAL:
            if text.startswith(head) and text.endswith(tail):
                return _key_in(text[start:end])
    return _read_any(text, is_public=is_public)


def _key_in(encoded: bytes) -> bytes:
    try:
        return decode_base64url(encoded.decode("ascii"))
    except (ValueError, InvalidBase64):
        raise InvalidKey("the post key is no base64url") from None


def _read_any(text: bytes, *, is_public: bool) -> bytes:
    try:
        jwk = js_json.read(decode_whatwg(text)) if len(text) <= MAX_BYTES else None
    except (js_json.NotJson, js_json.TooLarge) as error:
        raise InvalidKey("the post key is no JSON") from error
    if not isinstance(jwk, dict):
        raise InvalidKey("the post key is no JSON object")
    key = aes_key_from_jwk(jwk)
    operations = jwk.get("key_ops", ["encrypt", "decrypt"] if is_public else None)
    if not isinstance(operations, list):
        raise InvalidKey("the post key does not say what it is for")
    wanted = ["encrypt", "decrypt"] if is_public else ["encrypt"]
    if any(operation not in operations for operation in wanted):
        raise InvalidKey("the post key is not for encrypting and decrypting")
    if jwk.get("alg", _ALGORITHMS[len(key)]) != _ALGORITHMS[len(key)]:
        raise InvalidKey("the post key names another algorithm")
    if not jwk.get("ext", True) or jwk.get("use", "enc") != "enc":
        raise InvalidKey("the post key forbids this use")
    return key


def _written(post_key: bytes, operations: bytes) -> bytes:
    encoded = encode_base64url(post_key).encode("ascii")
    return b'{"alg":"A256GCM","ext":true,"k":"' + encoded + b'","key_ops":' + operations + b',"kty":"oct"}'
