"""Numbers of people outside of the United States, which no bar counts and the table tells of."""

import hashlib

from .draw import Draw
from .numbers import with_luhn

_VERHOEFF_D = [
    [(a + b) % 5 if a < 5 and b < 5 else (a + b) % 5 + 5 if a < 5 else (a - b) % 5 + 5 if b < 5 else (a - b) % 5
     for b in range(10)] for a in range(10)
]  # fmt: skip
_VERHOEFF_P = [list(range(10)), [1, 5, 7, 6, 2, 8, 3, 0, 9, 4]]
for _ in range(6):
    _VERHOEFF_P.append([_VERHOEFF_P[-1][digit] for digit in _VERHOEFF_P[1]])


def nhs(draw: Draw) -> str:
    while True:
        body = draw.digits(9)
        check = 11 - sum(int(digit) * (10 - i) for i, digit in enumerate(body)) % 11
        if check != 10:
            return f"{body[:3]} {body[3:6]} {body[6:]}{check % 11}"


def nino(draw: Draw) -> str:
    first, second = draw.choice("ABCEHJKLMPRSTWXYZ"), draw.choice("ABCEHJKLMPRSTWXYZ")
    return f"{first}{second}{draw.digits(6)}{draw.choice('ABCD')}"


def sin(draw: Draw) -> str:
    number = with_luhn(draw.choice("12345679") + draw.digits(7))
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def cpf(draw: Draw) -> str:
    body = draw.digits(9)
    for length in (10, 11):
        rest = sum(int(digit) * (length - i) for i, digit in enumerate(body)) * 10 % 11
        body += str(rest % 10)
    return f"{body[:3]}.{body[3:6]}.{body[6:9]}-{body[9:]}"


def aadhaar(draw: Draw) -> str:
    body = draw.choice("23456789") + draw.digits(10)
    check = 0
    for i, digit in enumerate(reversed(body)):
        check = _VERHOEFF_D[check][_VERHOEFF_P[(i + 1) % 8][int(digit)]]
    whole = body + str(_VERHOEFF_D[check].index(0))
    return f"{whole[:4]} {whole[4:8]} {whole[8:]}"


def nif(draw: Draw) -> str:
    body = draw.digits(8)
    return body + "TRWAGMYFPDXBNJZSQVHLCKE"[int(body) % 23]


def pesel(draw: Draw) -> str:
    body = f"{draw.randint(50, 99)}{draw.randint(1, 12):02}{draw.randint(1, 28):02}{draw.digits(4)}"
    weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]
    return body + str(-sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 10)


def nric(draw: Draw) -> str:
    body = draw.digits(7)
    total = 4 + sum(int(d) * w for d, w in zip(body, [2, 7, 6, 5, 4, 3, 2], strict=True))
    return f"T{body}{'JZIHGFEDCBA'[total % 11]}"


def bitcoin(draw: Draw) -> str:
    """Base58 of version, hash and checksum."""
    payload = b"\0" + draw.randbytes(20)
    whole = payload + hashlib.sha256(hashlib.sha256(payload).digest()).digest()[:4]
    number, text = int.from_bytes(whole), ""
    while number:
        number, rest = divmod(number, 58)
        text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"[rest] + text
    return "1" + text
