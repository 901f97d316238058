"""Every type of secret: its tier and how a new one is made."""

import dataclasses
from collections.abc import Callable

from . import credentials, keys, national, numbers, tokens
from .draw import Draw


@dataclasses.dataclass(frozen=True)
class Made:
    type: str
    tier: str
    value: str
    #: The value with what belongs to it: a scheme, the rest of a URL.
    text: str


_ALONE: dict[str, dict[str, Callable[[Draw], str]]] = {
    "core": {
        "anthropic_key": tokens.anthropic, "api_key_generic": credentials.api_key,
        "aws_access_key_id": tokens.aws_id, "aws_secret_key": tokens.aws_secret,
        "credit_card": numbers.card, "email": numbers.email, "github_token": tokens.github,
        "gitlab_token": tokens.gitlab, "google_api_key": tokens.google,
        "huggingface_token": tokens.hugging_face, "iban": numbers.iban, "jwt": keys.jwt,
        "npm_token": tokens.npm, "openai_key": tokens.openai, "password": credentials.password,
        "phone": numbers.phone, "private_key": keys.private_key, "pypi_token": tokens.pypi,
        "sendgrid_key": tokens.sendgrid, "slack_token": tokens.slack,
        "slack_webhook": tokens.slack_webhook, "stripe_key": tokens.stripe, "us_ssn": numbers.ssn,
    },
    "extended": {
        **tokens.EXTENDED, "discord_bot_token": keys.discord, "age_secret_key": keys.age_secret,
        "us_ssn_bare": numbers.ssn_digits, "us_itin": numbers.itin, "aba_routing": numbers.routing,
    },
    "regional": {
        "uk_nhs": national.nhs, "uk_nino": national.nino, "ca_sin": national.sin,
        "br_cpf": national.cpf, "in_aadhaar": national.aadhaar, "es_nif": national.nif,
        "pl_pesel": national.pesel, "sg_nric": national.nric, "btc_address": national.bitcoin,
    },
}  # fmt: skip
_WITHIN: dict[str, Callable[[Draw], tuple[str, str]]] = {
    "basic_auth": credentials.basic,
    "bearer_token": credentials.bearer,
    "connection_string_password": credentials.connection_string,
}
TIERS = {kind: tier for tier, kinds in _ALONE.items() for kind in kinds} | dict.fromkeys(
    _WITHIN, "core"
)
TYPES = {tier: [kind for kind, of in TIERS.items() if of == tier] for tier in _ALONE}


def make(draw: Draw, kind: str) -> Made:
    if kind in _WITHIN:
        value, text = _WITHIN[kind](draw)
    else:
        value = text = _ALONE[TIERS[kind]][kind](draw)
    return Made(kind, TIERS[kind], value, text)
