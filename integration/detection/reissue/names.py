"""Names of fields: words of many people's schemas, put together as programs spell them."""

from collections.abc import Callable, Sequence

from .draw import Draw

#: What may hold a token that says itself what it is.
_ANY = [
    "value",
    "note",
    "token",
    "credential",
    "comment",
    "payload",
    "access token",
    "api token",
    "auth key",
]

#: By type of secret; the words are those a person would look for.
NAMES: dict[str, list[str]] = {
    "password": ["password", "passwd", "pwd", "db password", "login password", "passphrase", "client secret", "app secret"],
    "api_key_generic": ["api key", "apikey", "x api key", "secret key", "api secret", "access key secret"],
    "aws_secret_key": ["aws secret access key", "secret access key", "aws secret key", "s3 secret access key"],
    "aws_access_key_id": ["aws access key id", "access key id", "key", "s3 access key", "value"],
    "credit_card": ["card number", "credit card", "pan", "cc number", "payment card", "card no", "debit card number"],
    "us_ssn": ["ssn", "social security number", "social security no", "tax id", "national id", "ss number", "note"],
    "us_ssn_bare": ["ssn", "social security number", "ssn number", "social security"],
    "us_itin": ["itin", "tax id", "taxpayer id", "individual taxpayer id"],
    "aba_routing": ["aba", "routing number", "aba routing number", "bank routing number", "routing no"],
    "email": ["email", "e mail", "contact", "reply to", "mail address", "owner", "from"],
    "phone": ["phone", "phone number", "mobile", "cell phone", "telephone", "contact number", "tel"],
    "iban": ["iban", "account", "bank account", "beneficiary account", "creditor iban", "payout account"],
    "connection_string_password": ["database url", "dsn", "connection string", "url", "broker url", "jdbc url"],
    "basic_auth": ["authorization", "proxy authorization", "auth header"],
    "bearer_token": ["authorization", "proxy authorization", "auth header"],
    "jwt": ["token", "id token", "session token", "access token", "jwt", "assertion"],
    "private_key": ["private key", "ssh key", "tls key", "pem", "signing key", "key"],
    "slack_webhook": ["webhook", "webhook url", "notify url", "slack url", "alert hook"],
    "datadog_key": ["datadog api key", "dd api key", "datadog key"],
    "azure_storage_key": ["account key", "storage key", "azure storage key", "storage account key"],
    "azure_client_secret": ["client secret", "azure client secret", "app secret"],
    "twilio_key": ["twilio api key", "twilio key", "value"],
    "mailchimp_key": ["mailchimp api key", "mailchimp key", "value"],
    "uk_nhs": ["nhs number"], "uk_nino": ["national insurance number", "ni number"],
    "ca_sin": ["social insurance number", "sin"], "br_cpf": ["cpf"], "in_aadhaar": ["aadhaar"],
    "es_nif": ["nif", "dni"], "pl_pesel": ["pesel"], "sg_nric": ["nric"], "btc_address": ["wallet"],
}  # fmt: skip

#: Of whom or of what it is; people's numbers have people, credentials have systems.
_PEOPLE = ["customer", "billing", "employee", "primary", "applicant", "patient", "guest", "payer"]
_SYSTEMS = [
    "prod",
    "staging",
    "db",
    "prod db",
    "admin",
    "smtp",
    "ldap",
    "root",
    "legacy",
    "worker",
    "ci",
]
_PERSONAL = {
    *("credit_card", "us_ssn", "us_ssn_bare", "us_itin", "aba_routing", "email", "phone", "iban"),
    *("uk_nhs", "uk_nino", "ca_sin", "br_cpf", "in_aadhaar", "es_nif", "pl_pesel", "sg_nric"),
}
_AFTER = ["current", "old", "new", "primary", "value", "prod"]
#: Protocols fix these names.
_FIXED = {"basic_auth", "bearer_token"}

Style = Callable[[Sequence[str]], str]


def _camel(words: Sequence[str]) -> str:
    return words[0] + "".join(word.capitalize() for word in words[1:])


STYLES: list[Style] = [
    "_".join, "_".join, _camel, _camel, "-".join, ".".join,
    lambda words: "_".join(words).upper(),
    lambda words: "".join(word.capitalize() for word in words),
]  # fmt: skip


def spoken(words: Sequence[str]) -> str:
    return " ".join(words)


def words_for(draw: Draw, kind: str) -> list[str]:
    """The words of a field that holds a secret of this type."""
    words = draw.choice(NAMES.get(kind, [kind.replace("_", " "), *_ANY])).split()
    if kind in _FIXED:
        return words
    if draw.chance(0.35):
        before = _PEOPLE if kind in _PERSONAL else _SYSTEMS
        words = draw.choice(before).split() + words
    if draw.chance(0.12):
        words = [*words, draw.choice(_AFTER)]
    return words


def plain_field(draw: Draw) -> tuple[str, str]:
    """A field of no interest."""
    return draw.choice([
        ("district", f"{draw.last_name().capitalize()} {draw.noun()}"),
        ("plan", draw.choice(["starter", "growth"])),
        ("remark", draw.sentence()), ("count", str(draw.randint(2, 90))),
        ("currency", draw.choice(["CHF", "SEK", "JPY"])),
        ("total", f"{draw.randint(5, 900)}.{draw.digits(2)}"),
        ("region", draw.choice(["ap-south-1", "eu-north-1"])),
        ("state", draw.choice(["open", "closed", "queued"])),
        ("vendor", f"{draw.last_name().capitalize()} GmbH"),
        ("label", f"{draw.noun()} {draw.noun()}"), ("priority", draw.choice(["low", "high"])),
    ])  # fmt: skip
