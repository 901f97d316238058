"""Tokens and keys of services, each in the format its issuer documents."""

import string
import zlib

from .draw import BASE62, BASE64, Draw


def checksum62(text: str) -> str:
    """GitHub's and npm's: the CRC-32 of the random part in six digits of base 62."""
    number, digits = zlib.crc32(text.encode()), ""
    while number:
        number, rest = divmod(number, 62)
        digits = BASE62[rest] + digits
    return digits.rjust(6, "0")


def _checked(draw: Draw, prefix: str) -> str:
    body = draw.base62(30)
    return prefix + body + checksum62(body)


def aws_id(draw: Draw) -> str:
    return draw.choice(["AKIA", "ASIA"]) + draw.text(string.ascii_uppercase + "234567", 16)


def aws_secret(draw: Draw) -> str:
    return draw.mixed(BASE64, 40)


def github(draw: Draw) -> str:
    if draw.chance(0.2):
        return f"github_pat_{draw.base62(22)}_{draw.base62(59)}"
    return _checked(draw, draw.choice(["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]))


def gitlab(draw: Draw) -> str:
    return draw.choice(["glpat-", "glpat-", "gldt-", "glrt-"]) + draw.url_safe(20)


def slack(draw: Draw) -> str:
    first, second = draw.digits(12), draw.digits(13)
    return draw.choice([
        f"xoxb-{first}-{second}-{draw.base62(24)}",
        f"xoxp-{first}-{draw.digits(12)}-{draw.digits(12)}-{draw.hex(32)}",
        f"xapp-1-A{draw.text(string.ascii_uppercase + string.digits, 10)}-{second}-{draw.hex(64)}",
    ])  # fmt: skip


def slack_webhook(draw: Draw) -> str:
    names = string.ascii_uppercase + string.digits
    team, hook = draw.text(names, draw.choice([8, 10])), draw.text(names, draw.choice([8, 10]))
    return f"https://hooks.slack.com/services/T{team}/B{hook}/{draw.base62(24)}"


def stripe(draw: Draw) -> str:
    prefix = draw.choice(["sk_live_", "sk_live_", "rk_live_"])
    return prefix + draw.choice([draw.base62(24), "51" + draw.base62(97)])


def google(draw: Draw) -> str:
    return "AIzaSy" + draw.url_safe(33)


def openai(draw: Draw) -> str:
    if draw.chance(0.3):
        return f"sk-{draw.base62(20)}T3BlbkFJ{draw.base62(20)}"
    kind = draw.choice(["proj", "svcacct", "admin"])
    return f"sk-{kind}-{draw.url_safe(74)}T3BlbkFJ{draw.url_safe(74)}"


def anthropic(draw: Draw) -> str:
    return f"sk-ant-{draw.choice(['api03', 'admin01'])}-{draw.url_safe(93)}AA"


def hugging_face(draw: Draw) -> str:
    return "hf_" + draw.text(string.ascii_letters, 34)


def npm(draw: Draw) -> str:
    return _checked(draw, "npm_")


def pypi(draw: Draw) -> str:
    return "pypi-AgEIcHlwaS5vcmc" + draw.url_safe(draw.randint(130, 160))


def sendgrid(draw: Draw) -> str:
    return f"SG.{draw.url_safe(22)}.{draw.url_safe(43)}"


_UPPER = string.ascii_uppercase + string.digits
#: Of the tier `extended`.
EXTENDED = {
    "twilio_key": lambda draw: "SK" + draw.hex(32),
    "mailgun_key": lambda draw: "key-" + draw.hex(32),
    "mailchimp_key": lambda draw: f"{draw.hex(32)}-us{draw.randint(1, 21)}",
    "telegram_bot_token": lambda draw: (
        f"{draw.choice('123456789')}{draw.digits(9)}:AA{draw.url_safe(33)}"
    ),
    "digitalocean_token": lambda draw: (
        draw.choice(["dop_v1_", "doo_v1_", "dor_v1_"]) + draw.hex(64)
    ),
    "shopify_token": lambda draw: (
        draw.choice(["shpat_", "shpca_", "shppa_", "shpss_"]) + draw.hex(32)
    ),
    "square_token": lambda draw: draw.choice(
        ["sq0atp-" + draw.url_safe(22), "sq0csp-" + draw.url_safe(43)]
    ),
    "databricks_token": lambda draw: "dapi" + draw.hex(32),
    "vault_token": lambda draw: "hvs.CAES" + draw.url_safe(91),
    "terraform_token": lambda draw: f"{draw.base62(14)}.atlasv1.{draw.url_safe(67)}",
    "linear_key": lambda draw: "lin_api_" + draw.base62(40),
    "grafana_token": lambda draw: f"glsa_{draw.base62(32)}_{draw.hex(8)}",
    "newrelic_key": lambda draw: "NRAK-" + draw.text(_UPPER, 27),
    "doppler_token": lambda draw: "dp.pt." + draw.base62(43),
    "postman_key": lambda draw: f"PMAK-{draw.hex(24)}-{draw.hex(34)}",
    "azure_storage_key": lambda draw: draw.text(BASE64, 85) + draw.choice("AQgw") + "==",
    "azure_client_secret": lambda draw: f"{draw.base62(3)}8Q~{draw.text(BASE62 + '-_.~', 34)}",
    "datadog_key": lambda draw: draw.hex(32),
}
