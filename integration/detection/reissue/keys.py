"""Keys and tokens that have a structure inside: PEM, age, JSON Web Tokens, bot tokens.

The numbers in a key are random and no primes: nothing that reads the format looks at that.
"""

import base64
import json
import textwrap
from typing import Any

from .draw import Draw

_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
#: Object identifiers: RSA, elliptic curves, P-256, Ed25519.
_RSA = bytes.fromhex("06092a864886f70d0101010500")
_EC = bytes.fromhex("06072a8648ce3d0201")
_P256 = bytes.fromhex("06082a8648ce3d030107")
_ED25519 = bytes.fromhex("06032b6570")


def pem(label: str, der: bytes, headers: str = "") -> str:
    body = "\n".join(textwrap.wrap(base64.b64encode(der).decode(), 64))
    return f"-----BEGIN {label}-----\n{headers}{body}\n-----END {label}-----"


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(length)]) + length + content


def _integer(draw: Draw, size: int) -> bytes:
    # The first bit is set, so that DER wants a zero before it; the last makes it odd.
    return _der(
        2, b"\0" + ((draw.getrandbits(8 * size) | 1 << (8 * size - 1)) | 1).to_bytes(size, "big")
    )


def _rsa(draw: Draw, size: int) -> bytes:
    exponent = _der(2, b"\1\0\1")
    halves = b"".join(_integer(draw, size // 2) for _ in range(5))
    numbers = _integer(draw, size) + exponent + _integer(draw, size) + halves
    return _der(0x30, _der(2, b"\0") + numbers)


def _openssh(draw: Draw) -> bytes:
    def string(content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + content

    kind, public = string(b"ssh-ed25519"), string(draw.randbytes(32))
    inner = (
        draw.randbytes(4) * 2 + kind + public + string(draw.randbytes(64)) + string(b"") + b"\1\2\3"
    )
    head = b"openssh-key-v1\0" + string(b"none") + string(b"none") + string(b"")
    return head + (1).to_bytes(4, "big") + string(kind + public) + string(inner)


def private_key(draw: Draw) -> str:
    rsa = _rsa(draw, draw.choice([128, 256]))
    ec = _der(0x30, _der(2, b"\1") + _der(4, draw.randbytes(32)) + _der(0xA0, _P256))
    cipher = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,{draw.hex(32).upper()}\n\n"
    return draw.choice([
        pem("RSA PRIVATE KEY", rsa),
        pem("RSA PRIVATE KEY", draw.randbytes(608), cipher),
        pem("EC PRIVATE KEY", ec),
        pem("PRIVATE KEY", _der(0x30, _der(2, b"\0") + _der(0x30, _RSA) + _der(4, rsa))),
        pem("PRIVATE KEY", _der(0x30, _der(2, b"\0") + _der(0x30, _ED25519) + _der(4, _der(4, draw.randbytes(32))))),
        pem("ENCRYPTED PRIVATE KEY", _der(0x30, draw.randbytes(340))),
        pem("OPENSSH PRIVATE KEY", _openssh(draw)),
        pem("DSA PRIVATE KEY", _der(0x30, _der(2, b"\0") + b"".join(_integer(draw, n) for n in (128, 20, 128, 128, 20)))),
    ])  # fmt: skip


def public_key(draw: Draw) -> str:
    rsa = _der(0x30, _integer(draw, 256) + _der(2, b"\1\0\1"))
    ec = b"\0\4" + draw.randbytes(64)
    return draw.choice([
        pem("PUBLIC KEY", _der(0x30, _der(0x30, _RSA) + _der(3, b"\0" + rsa))),
        pem("PUBLIC KEY", _der(0x30, _der(0x30, _EC + _P256) + _der(3, ec))),
        pem("RSA PUBLIC KEY", rsa),
        pem("CERTIFICATE", _der(0x30, draw.randbytes(700))),
        pem("CERTIFICATE REQUEST", _der(0x30, draw.randbytes(430))),
    ])  # fmt: skip


def ssh_public_key(draw: Draw) -> str:
    body = b"\0\0\0\x0bssh-ed25519\0\0\0 " + draw.randbytes(32)
    return f"ssh-ed25519 {base64.b64encode(body).decode()} {draw.first_name()}"


def _bech32(prefix: str, data: bytes) -> str:
    bits = int.from_bytes(data, "big") << 4
    values = [bits >> shift & 31 for shift in range(255, -1, -5)]
    check = (
        _polymod(
            [*(ord(c) >> 5 for c in prefix), 0, *(ord(c) & 31 for c in prefix), *values, *[0] * 6]
        )
        ^ 1
    )
    values += [check >> 5 * (5 - i) & 31 for i in range(6)]
    return prefix + "1" + "".join(_BECH32[value] for value in values)


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for i in range(5):
            check ^= _GENERATOR[i] if top >> i & 1 else 0
    return check


def age_secret(draw: Draw) -> str:
    return _bech32("age-secret-key-", draw.randbytes(32)).upper()


def age_public(draw: Draw) -> str:
    return _bech32("age", draw.randbytes(32))


def _segment(value: dict[str, Any]) -> str:
    return (
        base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode())
        .decode()
        .rstrip("=")
    )


def jwt(draw: Draw) -> str:
    algorithm = draw.choice(["HS256", "RS256", "ES256", "EdDSA", "PS256"])
    head: dict[str, Any] = {"alg": algorithm}
    if draw.chance(0.8):
        head["typ"] = draw.choice(["JWT", "at+jwt"])
    if draw.chance(0.5):
        head["kid"] = draw.base62(draw.randint(6, 20))
    since = draw.randint(1_700_000_000, 1_790_000_000)
    claims = {
        "iss": f"https://{draw.host()}",
        "sub": draw.base62(12),
        "iat": since,
        "exp": since + 3600,
    }
    if draw.chance(0.4):
        claims = {"aud": draw.noun(), **claims, "scope": "orders:read orders:write"}
    size = {"HS256": 32, "RS256": 256, "PS256": 256}.get(algorithm, 64)
    signature = base64.urlsafe_b64encode(draw.randbytes(size)).decode().rstrip("=")
    return f"{_segment(head)}.{_segment(claims)}.{signature}"


def discord(draw: Draw) -> str:
    user = base64.b64encode((draw.choice("123456789") + draw.digits(17)).encode()).decode()
    return f"{user}.G{draw.url_safe(5)}.{draw.url_safe(38)}"


def page_state(draw: Draw) -> str:
    """What opens as a JSON Web Token does, and is the state of a page."""
    state = {"offset": draw.randint(1, 900), "last": draw.hex(8)}
    return base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")
