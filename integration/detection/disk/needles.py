"""What must not stand anywhere: a secret, in the spellings in which somebody would find it again."""

import base64
import dataclasses
import pathlib
import re
from collections.abc import Iterable

from cases import Secret

#: What is shorter stands anywhere by chance.
_SHORTEST = 8
#: So many digits in a row are no moment and no number of a row.
_LONG = 13


@dataclasses.dataclass(frozen=True)
class Needle:
    #: Which secret it is, without saying it.
    id: str
    text: bytes

    @property
    def digits(self) -> bool:
        """It only counts where no further digit stands beside it."""
        return self.text.isdigit()


def of_secret(id: str, secret: Secret) -> Iterable[Needle]:
    """A labelled value: as it is, as its body writes it, and without what parts its groups."""
    spellings = {secret.value, secret.surface.strip()}
    joined = re.sub(r"[\s._/-]", "", secret.value)
    if secret.type in ("credit_card", "iban") or len(joined) >= _LONG:
        spellings.add(joined)
    lines = {line for text in spellings for line in re.split(r"\n|\\n|\\r", text)}
    # The first and last line of a key are everybody's.
    return [one for line in lines if "-----" not in line for one in _spelled(id, line)]


def of_credential(id: str, text: str) -> Iterable[Needle]:
    """A token, key or cookie, line by line; of what is signed the signature, too."""
    parts = {*text.split(), *(part for part in re.split(r"[.=\s]", text) if len(part) >= 32)}
    return [needle for part in parts for needle in _spelled(id, part)]


def keys(folder: pathlib.Path) -> dict[str, str]:
    """What is secret in a folder of keys, by its file."""
    found = {}
    for file in (file for end in ("key", "pem") for file in folder.rglob(f"*.{end}")):
        text = file.read_text()
        # Of PEM what stands between its first and last line; certificates are for everybody.
        _, begin, inner, *_ = [*text.split("-----"), "", ""] if "-----" in text else ["", "PRIVATE", text]
        if "PRIVATE" in begin:
            found[str(file)] = inner.strip()
    return found


def _spelled(id: str, text: str) -> Iterable[Needle]:
    plain = text.encode()
    if len(plain) < _SHORTEST:
        return
    yield Needle(id, plain)
    yield Needle(id, plain.hex().encode())
    # What stands before it moves its bits; the digits at both ends are of its neighbours, too.
    for before in range(3):
        run = base64.b64encode(b"\0" * before + plain).rstrip(b"=")
        inner = run[4 if before else 0 : -1 if (before + len(plain)) % 3 else None]
        if len(inner) >= 12:
            yield Needle(id, inner)
            yield Needle(id, inner.translate(bytes.maketrans(b"+/", b"-_")))
