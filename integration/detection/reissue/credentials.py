"""Passwords, and what they are written down in. Each is a value and the text around it."""

import base64
import string

from .draw import BASE62, Draw

_SIGNS = "!*^_.-"


def password(draw: Draw) -> str:
    size = draw.randint(12, 20)
    return draw.choice([
        draw.mixed(BASE62, size),
        draw.mixed(BASE62, size - 1) + draw.choice("!*^_"),
        draw.mixed(BASE62 + _SIGNS, size - 2) + draw.mixed(BASE62, 3),
    ])  # fmt: skip


def api_key(draw: Draw) -> str:
    return draw.choice([draw.mixed(BASE62, 32), draw.hex(40), draw.mixed(BASE62, 43), draw.hex(64)])


def basic(draw: Draw) -> tuple[str, str]:
    user = f"{draw.first_name()}{draw.last_name()}:{password(draw)}"
    value = base64.b64encode(user.encode()).decode()
    return value, f"Basic {value}"


def bearer(draw: Draw) -> tuple[str, str]:
    value = draw.mixed(string.ascii_letters + string.digits + "-_", draw.choice([40, 43, 48, 64]))
    return value, f"Bearer {value}"


def connection_string(draw: Draw) -> tuple[str, str]:
    # What a URL gives a meaning stands in it encoded, so these have none of it.
    secret = draw.mixed(BASE62 + "_.-", draw.randint(12, 18)) + draw.base62(2)
    user = draw.choice(["app", "svc_billing", "reporter", "etl", "gitea"])
    host, name = draw.host(), draw.choice(["crm", "ledger", "events", "inventory"])
    text = draw.choice([
        f"postgres://{user}:{secret}@{host}:5432/{name}",
        f"postgresql+asyncpg://{user}:{secret}@{host}/{name}?sslmode=verify-full",
        f"mysql://{user}:{secret}@{host}:3306/{name}?charset=utf8mb4",
        f"mongodb+srv://{user}:{secret}@{host}/{name}?retryWrites=true",
        f"amqps://{user}:{secret}@{host}:5671/{name}",
        f"rediss://default:{secret}@{host}:6380/2",
        f"redis://:{secret}@{host}:6379/0",
        f"https://{user}:{secret}@{host}/{name}.git",
        f"jdbc:mysql://{host}:3306/{name}?user={user}&password={secret}",
        f"Server=tcp:{host},1433;Database={name};User ID={user};Password={secret};Encrypt=True;",
        f"Data Source={host};Initial Catalog={name};Uid={user};Pwd={secret};",
        f"host={host} port=5432 dbname={name} user={user} password={secret}",
    ])  # fmt: skip
    return secret, text


def without_password(draw: Draw) -> str:
    """A connection string that keeps no password."""
    host, name = draw.host(), draw.choice(["crm", "ledger", "events"])
    return draw.choice([
        f"postgres://{host}:5432/{name}",
        f"postgres://app:${{PGPASSWORD}}@{host}/{name}",
        f"mongodb://{host}:27017,{draw.host()}:27017/?replicaSet=rs0",
        f"redis://{host}:6379/1",
        f"https://{host}:8443/{name}?page=2",
        f"jdbc:postgresql://{host}/{name}?ssl=true",
        f"Server=tcp:{host},1433;Database={name};Integrated Security=true;",
    ])  # fmt: skip
