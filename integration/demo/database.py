"""A small customer database in SQLite, made of synthetic people.

Social security and card numbers are generated from a fixed seed: they have the right shape and
check digits, belong to nobody, and appear in no committed file.
"""

import contextlib
import pathlib
import random
import sqlite3

SCHEMA = """
CREATE TABLE customers (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    city TEXT NOT NULL,
    ssn TEXT NOT NULL,
    card TEXT NOT NULL,
    balance_cents INTEGER NOT NULL
);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    item TEXT NOT NULL,
    price_cents INTEGER NOT NULL
);
"""

NAMES = [
    "Ada Quill", "Ben Osei", "Carla Montt", "Dae-ho Lim", "Elif Aydin", "Femi Cole",
    "Greta Holm", "Hugo Reyes", "Ines Prado", "Jonas Weil", "Kavya Nair", "Lena Sorokina",
]
CITIES = ["Lisbon", "Oslo", "Kyoto", "Accra", "Quito", "Graz"]
ITEMS = ["desk lamp", "notebook", "kettle", "headphones", "chair", "monitor arm"]


def luhn_digit(digits: str) -> str:
    """The check digit that makes `digits` pass Luhn's test (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card_number(rng: random.Random) -> str:
    body = "4" + "".join(rng.choice("0123456789") for _ in range(14))
    return body + luhn_digit(body)


def social_security_number(rng: random.Random) -> str:
    area = rng.choice([n for n in range(1, 900) if n != 666])
    return f"{area:03}-{rng.randint(1, 99):02}-{rng.randint(1, 9999):04}"


class Database:
    """The file `folder/customers.db`; each call opens and closes its own connection."""

    def __init__(self, folder: pathlib.Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "customers.db"
        if not self.path.exists():
            self._create()

    def _create(self) -> None:
        rng = random.Random(20)
        unfinished = self.path.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(unfinished)) as db, db:
            db.executescript(SCHEMA)
            for number, name in enumerate(NAMES, start=1):
                email = name.lower().replace(" ", ".") + "@example.com"
                ssn, card = social_security_number(rng), card_number(rng)
                row = (number, name, email, rng.choice(CITIES), ssn, card, rng.randint(0, 900_00))
                db.execute("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                for _ in range(rng.randint(1, 3)):
                    order = (number, rng.choice(ITEMS), rng.randint(5_00, 300_00))
                    db.execute(
                        "INSERT INTO orders (customer_id, item, price_cents) VALUES (?, ?, ?)", order
                    )
        unfinished.rename(self.path)

    def run(self, sql: str, *arguments: object) -> list[dict]:
        """Runs one statement, commits, and returns its rows (none for a statement without)."""
        with contextlib.closing(sqlite3.connect(self.path)) as db, db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = ON")
            return [dict(row) for row in db.execute(sql, arguments)]

    def customers(self) -> list[dict]:
        return self.run("SELECT id, name, city FROM customers ORDER BY id")

    def customer(self, number: int) -> dict | None:
        rows = self.run("SELECT * FROM customers WHERE id = ?", number)
        return rows[0] if rows else None

    def delete_customer(self, number: int) -> bool:
        return bool(self.run("DELETE FROM customers WHERE id = ? RETURNING id", number))
