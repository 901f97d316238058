"""Chance, by a seed."""

import random
import string
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
URL_SAFE = BASE62 + "-_"
BASE64 = BASE62 + "+/"

_FIRST = """amara bram celeste dorian elif farid greta hana ivo jolene kasimir leona mateo nadia omar
petra quentin rosalie stefan tamsin ulrich viola wendell xenia yusuf zelda""".split()
_LAST = """abernathy brandt castellano dubois eriksen fontaine grigorov hartmann iwata janssen kowalski
lindqvist mbeki novak okafor pereira quispe rasmussen sandoval takeda ueda vasquez whitlock yilmaz
zielinski""".split()
_NOUNS = """anchor beacon canopy dynamo engine fulcrum gasket hinge inverter joint keel lever mantle
nozzle orbit piston quill rotor sprocket turbine uplink valve winch yoke zipper""".split()
_VERBS = (
    "arrived broke cleared drifted ended failed grew held jammed paused resumed shifted".split()
)


class Draw(random.Random):
    def text(self, alphabet: str, count: int) -> str:
        return "".join(self.choices(alphabet, k=count))

    def base62(self, count: int) -> str:
        return self.text(BASE62, count)

    def url_safe(self, count: int) -> str:
        return self.text(URL_SAFE, count)

    def hex(self, count: int) -> str:
        return self.text("0123456789abcdef", count)

    def digits(self, count: int) -> str:
        return self.text(string.digits, count)

    def upper(self, count: int) -> str:
        return self.text(string.ascii_uppercase, count)

    def chance(self, share: float) -> bool:
        return self.random() < share

    def deal(self, choices: Sequence[T], count: int) -> list[T]:
        """`count` of the choices in random order, each as often as the others."""
        dealt: list[T] = []
        while len(dealt) < count:
            dealt += self.sample(choices, len(choices))
        return dealt[:count]

    def mixed(self, alphabet: str, count: int) -> str:
        """Text with an upper-case and a lower-case letter and a digit, as passwords must have."""
        while True:
            text = self.text(alphabet, count)
            if (
                any(map(str.isupper, text))
                and any(map(str.islower, text))
                and any(map(str.isdigit, text))
            ):
                return text

    def first_name(self) -> str:
        return self.choice(_FIRST)

    def last_name(self) -> str:
        return self.choice(_LAST)

    def noun(self) -> str:
        return self.choice(_NOUNS)

    def sentence(self) -> str:
        return f"The {self.noun()} of the {self.noun()} {self.choice(_VERBS)}."

    def host(self) -> str:
        domain = self.choice(
            ["internal", "example.net", "example.org", "svc.cluster.local", "corp.example"]
        )
        return f"{self.noun()}-{self.last_name()}.{domain}"
