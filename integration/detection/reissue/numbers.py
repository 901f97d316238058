"""Numbers of people and their money, with the ranges and check digits of who issues them."""

import string

from .draw import Draw

#: Digits a number may begin with, and its lengths.
_CARDS = [
    *[(["4"], [16])] * 3,
    *[([str(first) for first in range(51, 56)], [16])] * 2,
    ([str(first) for first in range(2221, 2721)], [16]),
    (["34", "37"], [15]),
    (["6011", "65", *(str(first) for first in range(644, 650))], [16]),
    ([str(first) for first in range(3528, 3590)], [16]),
    (["36", "38", *(str(first) for first in range(300, 306))], [14]),
    (["62"], [16]),
]
#: Of the IBAN registry: `n` a digit, `a` a letter, `c` either.
_IBANS = {
    "AD": "n8c12", "AE": "n19", "AT": "n16", "BE": "n12", "BG": "a4n6c8", "CH": "n5c12",
    "CY": "n8c16", "CZ": "n20", "DE": "n18", "DK": "n14", "EE": "n16", "ES": "n20", "FI": "n14",
    "FR": "n10c11n2", "GB": "a4n14", "GR": "n7c16", "HR": "n17", "HU": "n24", "IE": "a4n14",
    "IT": "a1n10c12", "LT": "n16", "LU": "n3c13", "LV": "a4c13", "MC": "n10c11n2", "MT": "a4n5c18",
    "NL": "a4n10", "NO": "n11", "PL": "n24", "PT": "n21", "RO": "a4c16", "SA": "n2c18",
    "SE": "n20", "SI": "n15", "SK": "n20", "TR": "n6c16",
}  # fmt: skip
_ALPHABETS = {
    "n": string.digits,
    "a": string.ascii_uppercase,
    "c": string.digits + string.ascii_uppercase,
}


def luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + index % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def with_luhn(body: str) -> str:
    return next(body + digit for digit in string.digits if luhn(body + digit))


def card_digits(draw: Draw) -> str:
    starts, lengths = draw.choice(_CARDS)
    start, length = draw.choice(starts), draw.choice(lengths)
    return with_luhn(start + draw.digits(length - 1 - len(start)))


def grouped(digits: str, sizes: list[int], separator: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return separator.join(filter(None, parts))


def card(draw: Draw) -> str:
    digits = card_digits(draw)
    sizes = {16: [4, 4, 4, 4], 15: [4, 6, 5], 14: [4, 6, 4]}[len(digits)]
    return grouped(digits, sizes, draw.choice(["", " ", "-"]))


def ssn_digits(draw: Draw) -> str:
    area = draw.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03}{draw.randint(1, 99):02}{draw.randint(1, 9999):04}"


def ssn(draw: Draw) -> str:
    return grouped(ssn_digits(draw), [3, 2, 4], draw.choice(["-", "-", " "]))


def itin(draw: Draw) -> str:
    group = draw.choice([*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)])
    return f"9{draw.digits(2)}-{group}-{draw.digits(4)}"


def routing(draw: Draw) -> str:
    """An ABA routing number: a district of the Federal Reserve and a weighted check digit."""
    district = draw.choice([*range(1, 13), *range(21, 33)])
    body = f"{district:02}{draw.digits(6)}"
    weighted = sum(int(digit) * weight for digit, weight in zip(body, [3, 7, 1] * 3, strict=False))
    return body + str(-weighted % 10)


def mod97(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text)) % 97


def iban(draw: Draw) -> str:
    country = draw.choice(list(_IBANS))
    body, form = "", _IBANS[country]
    for part in form.replace("n", " n").replace("a", " a").replace("c", " c").split():
        body += draw.text(_ALPHABETS[part[0]], int(part[1:]))
    whole = f"{country}{98 - mod97(body + country + '00'):02}{body}"
    return grouped(whole, [4] * 9, draw.choice(["", "", " "]))


def phone(draw: Draw) -> str:
    area, exchange = draw.randint(201, 989), draw.randint(200, 999)
    line, mobile = draw.digits(4), draw.digits(8)
    return draw.choice([
        f"({area}) {exchange}-{line}",
        f"{area}-{exchange}-{line}",
        f"{area}.{exchange}.{line}",
        f"+1 {area} {exchange} {line}",
        f"+1-{area}-{exchange}-{line}",
        f"+1{area}{exchange}{line}",
        f"+44 7{draw.digits(3)} {draw.digits(6)}",
        f"+49 15{draw.digits(1)} {mobile}",
        f"+33 6 {grouped(mobile, [2, 2, 2, 2], ' ')}",
        f"+61 4{draw.digits(2)} {draw.digits(3)} {draw.digits(3)}",
        f"+81 90-{draw.digits(4)}-{draw.digits(4)}",
        f"+34 6{draw.digits(2)} {draw.digits(3)} {draw.digits(3)}",
        f"+31 6 {mobile}",
        f"+55 11 9{draw.digits(4)}-{draw.digits(4)}",
        f"+91 9{draw.digits(4)} {draw.digits(5)}",
    ])  # fmt: skip


def email(draw: Draw) -> str:
    first, last = draw.first_name(), draw.last_name()
    local = draw.choice([
        f"{first}.{last}", f"{first[0]}{last}", f"{last}_{draw.digits(2)}",
        f"{first}+{draw.noun()}",
        f"{first}-{last}", f"{last}{draw.digits(3)}",
    ])  # fmt: skip
    domain = draw.choice([
        "example.com", "example.org", f"{draw.last_name()}.co.uk", f"mail.{draw.last_name()}.de",
        f"{draw.noun()}-{draw.noun()}.io", f"{draw.last_name()}.example.net",
    ])  # fmt: skip
    return f"{local}@{domain}"
