"""Values with the shape and the check digits of secrets, made at run time: no file holds one."""

from database import luhn_digit


def social_security_number() -> str:
    return "-".join(["536", "22", "1873"])


def card() -> str:
    body = "4" + "0" * 10 + "7" * 4
    return body + luhn_digit(body)


def cloud_key_id() -> str:
    return "AK" + "IA" + "Y3FDQXZ2" + "LKTWMHUB"


def email() -> str:
    return "ada.quill" + "@" + "example.com"


def private_key() -> str:
    label = "PRIVATE" + " KEY-----"
    body = "MIIBVAIBADANBgkqhkiG9w0BAQEFAASCAT4w"
    return f"-----BEGIN {label}\n{body}\n-----END {label}\n"


def sql_of_a_private_key() -> str:
    """SQL that makes the key where it runs, so that the request holds none."""
    lines = private_key().replace("PRIVATE KEY", "PRIVATE' || ' KEY").splitlines()
    return "SELECT '" + "' || char(10) || '".join(lines) + "' AS note"
