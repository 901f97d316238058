"""What looks like a secret and is none: each a field name and a value that must survive."""

import base64
import string
import uuid
from collections.abc import Callable

from .credentials import without_password
from .draw import BASE62, Draw
from .keys import age_public, page_state, public_key, ssh_public_key
from .numbers import grouped, luhn, mod97, with_luhn

Lookalike = tuple[str, str]


def _uuid(draw: Draw) -> str:
    return str(uuid.UUID(int=draw.getrandbits(128), version=4))


def _until(make: Callable[[], str], holds: Callable[[str], bool]) -> str:
    while not holds(value := make()):
        pass
    return value


def like_secret(draw: Draw) -> Lookalike:
    upper = string.ascii_uppercase + string.digits
    digest = base64.b64encode(draw.randbytes(64)).decode()
    return draw.choice([
        ("request_uuid", _uuid(draw)), ("token_id", _uuid(draw)), ("idempotency_key", _uuid(draw)),
        ("git_sha", draw.hex(40)), ("checksum_sha256", draw.hex(64)), ("content_md5", draw.hex(32)),
        ("traceId", draw.hex(32)), ("spanId", draw.hex(16)),
        ("traceparent", f"00-{draw.hex(32)}-{draw.hex(16)}-01"),
        ("etag", f'"{draw.hex(32)}"'), ("ETag", f'W/"{draw.hex(16)}"'),
        ("ulid", "01" + draw.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 24)),
        ("next_page_token", draw.url_safe(draw.randint(32, 56))), ("nextCursor", draw.url_safe(40)),
        ("integrity", "sha512-" + digest),
        ("image", f"registry.example/{draw.noun()}@sha256:{draw.hex(64)}"),
        ("customer_id", "cus_" + draw.base62(14)), ("charge", "ch_" + draw.base62(24)),
        ("x-request-id", "req_" + draw.base62(24)), ("completion", "chatcmpl-" + draw.base62(29)),
        ("tool_use_id", "toolu_" + draw.base62(24)), ("message_id", "msg_" + draw.base62(24)),
        ("publishable_key", "pk_live_" + draw.base62(24)), ("account_sid", "AC" + draw.hex(32)),
        ("role_arn", f"arn:aws:iam::{draw.digits(12)}:role/{draw.noun()}-reader"),
        ("instance_id", "i-0" + draw.hex(16)), ("snapshot", "snap-0" + draw.hex(16)),
        ("snowflake", draw.choice("123456789") + draw.digits(17)),
        ("cache_key", f"user:{draw.digits(5)}:settings"),
        ("object_key", f"exports/2026/{draw.noun()}.csv"),
        ("prompt_tokens", draw.digits(4)), ("token_type", "Bearer"), ("max_tokens", "4096"),
        ("license", draw.text(upper, 5) + "-" + draw.text(string.ascii_uppercase, 5)),
    ])  # fmt: skip


def like_card(draw: Draw) -> Lookalike:
    sixteen = _until(
        lambda: draw.choice("123456789") + draw.digits(15), lambda text: not luhn(text)
    )
    return draw.choice([
        ("created_us", str(draw.randint(1_600_000_000_000_000, 1_790_000_000_000_000))),
        ("observed_ns", str(draw.randint(16 * 10**17, 17 * 10**17))),
        ("order_no", sixteen), ("serial_number", grouped(sixteen, [4, 4, 4, 4], "-")),
        ("imei", with_luhn("35" + draw.digits(12))), ("iccid", with_luhn("89" + draw.digits(17))),
        ("gtin", "0" + draw.digits(13)),
        ("invoice_no", _until(lambda: "7" + draw.digits(14), lambda t: not luhn(t))),
        ("card_last4", draw.digits(4)), ("card_brand", "visa"),
    ])  # fmt: skip


def like_email(draw: Draw) -> Lookalike:
    first, last = draw.first_name(), draw.last_name()
    version = f"{draw.randint(0, 9)}.{draw.randint(0, 30)}.{draw.randint(0, 20)}"
    return draw.choice([
        ("remote", f"git@github.com:{last}/{draw.noun()}.git"),
        ("handle", f"@{first}{draw.digits(2)}"),
        ("package", f"@{last}/{draw.noun()}@{version}"),
        ("dependency", f"@{last}-labs/{draw.noun()}"),
        ("icon", f"{draw.noun()}@{draw.choice('23')}x.png"),
        ("base_image", f"{draw.noun()}@sha256:{draw.hex(64)}"),
        ("login", f"{first}@localhost"), ("unit", f"{draw.noun()}@{draw.digits(1)}.service"),
        ("module", f"example.com/{draw.noun()}@v{version}"), ("email_verified", "true"),
        ("target", f"{first}@{draw.noun()}-{draw.digits(2)}:/srv/{draw.noun()}"),
    ])  # fmt: skip


def like_phone(draw: Draw) -> Lookalike:
    def octet() -> int:
        return draw.randint(11, 223)

    isbn = f"978-{draw.digits(1)}-{draw.digits(3)}-{draw.digits(5)}-{draw.digits(1)}"
    return draw.choice([
        ("client_ip", f"{octet()}.{octet()}.{octet()}.{octet()}"),
        ("cidr", f"10.{octet()}.{octet()}.0/24"),
        ("updated_at", f"2026-0{draw.randint(1, 9)}-1{draw.digits(1)}T0{draw.digits(1)}:3{draw.digits(1)}:00Z"),
        ("isbn", isbn), ("ean", "978" + draw.digits(10)),
        ("tracking_no", "1Z" + draw.text(BASE62[:36], 16)),
        ("app_version", f"v{draw.digits(1)}.{draw.digits(2)}.{draw.digits(2)}+build.{draw.digits(4)}"),
        ("exp", str(draw.randint(1_700_000_000, 1_790_000_000))),
        ("longitude", f"{draw.randint(-179, 179)}.{draw.digits(6)}"),
        ("ticket_id", draw.choice("23456789") + draw.digits(9)),
        ("purchase_order", f"PO-2026-{draw.digits(6)}"),
        ("mac", ":".join(draw.hex(2) for _ in range(6))), ("phone_type", "mobile"),
    ])  # fmt: skip


def like_ssn(draw: Draw) -> Lookalike:
    def pair() -> str:
        return f"{draw.randint(10, 99)}"

    return draw.choice([
        ("part_number", f"{draw.choice(['000', '666'])}-{pair()}-{draw.digits(4)}"),
        ("zip4", f"{draw.digits(5)}-{draw.digits(4)}"),
        ("sku_code", f"{draw.digits(3)}-{pair()}-{draw.digits(5)}"),
        ("lot_no", f"{draw.digits(3)}-{pair()}-{draw.digits(4)}-{draw.digits(3)}"),
        ("rows_read", draw.choice("123456789") + draw.digits(8)),
        ("bytes_total", draw.choice("123456789") + draw.digits(8)),
        ("due_date", f"2026-1{draw.choice('012')}-0{draw.randint(1, 9)}"), ("ssn_verified", "true"),
    ])  # fmt: skip


def like_iban(draw: Draw) -> Lookalike:
    document = _until(lambda: f"DE{draw.digits(20)}", lambda t: mod97(t[4:] + t[:4]) != 1)
    return draw.choice([
        ("vat_id", "DE" + draw.digits(9)), ("swift", draw.upper(6) + draw.text(BASE62[:36], 2)),
        ("document_no", document), ("shelf", f"GB{draw.digits(2)}{draw.upper(6)}"),
        ("batch_no", "NO" + draw.digits(12)), ("iban_country", draw.choice(["DE", "FR", "NL"])),
    ])  # fmt: skip


def like_jwt(draw: Draw) -> Lookalike:
    words = [draw.noun() for _ in range(3)]
    return draw.choice([
        ("logger_name", ".".join(words)),
        ("package_name", f"com.{draw.last_name()}.{words[0]}.{words[1]}"),
        ("page_state", page_state(draw)), ("cursor", page_state(draw)),
        ("opaque_id", "eyJ" + draw.base62(30)),
    ])  # fmt: skip


def like_password(draw: Draw) -> Lookalike:
    return draw.choice([
        ("password_policy", "min14-upper-digit"),
        ("password_reset_url", f"https://{draw.host()}/password/reset"),
        ("password_changed_on", f"2026-0{draw.randint(1, 9)}-20"), ("requires_password", "true"),
        ("secret_ref", "vault:kv/data/billing#password"), ("grant_type", "password"),
        ("passwordless", "false"), ("action", "Reset password"), ("secret_version", "7"),
        ("auth_method", "password"), ("password_strength", "strong"),
    ])  # fmt: skip


def like_private_key(draw: Draw) -> Lookalike:
    return draw.choice([
        ("public_key", public_key(draw)), ("certificate", public_key(draw)),
        ("recipient", age_public(draw)),
        ("authorized_key", ssh_public_key(draw)),
        ("host_fingerprint", "SHA256:" + base64.b64encode(draw.randbytes(32)).decode().rstrip("=")),
    ])  # fmt: skip


def like_connection_string(draw: Draw) -> Lookalike:
    return draw.choice(["upstream_url", "replica_dsn", "endpoint"]), without_password(draw)


LOOKALIKES: dict[str, Callable[[Draw], Lookalike]] = {
    "secret": like_secret, "credit_card": like_card, "email": like_email, "phone": like_phone,
    "us_ssn": like_ssn, "iban": like_iban, "jwt": like_jwt, "password": like_password,
    "private_key": like_private_key, "connection_string_password": like_connection_string,
}  # fmt: skip
