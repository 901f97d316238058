"""What is issued anew: enough of it, the same for one seed, with the check digits of its issuers."""

import re

import cases
from reissue.commands import command_cases
from reissue.masking import masking_cases
from reissue.numbers import luhn, mod97
from reissue.tokens import checksum62

_WITH_CHECKSUM = re.compile(r"(?:gh[pousr]|npm)_(\w{30})(\w{6})")


def test_a_seed_issues_the_same_cases_each_time_and_another_seed_others() -> None:
    for issue in (masking_cases, command_cases):
        first = issue(5)
        assert first == issue(5)
        assert len({case.id for case in first}) == len(first) >= 400
        assert [case.id for case in first] != [case.id for case in issue(6)]


def test_every_kind_of_the_corpus_is_issued() -> None:
    theirs, ours = cases.masking_corpus(), masking_cases(5)
    for name in ("format", "evasion"):
        assert {getattr(one, name) for one in theirs} <= {getattr(one, name) for one in ours}
    kinds = [{secret.type for one in cases for secret in one.secrets} for cases in (theirs, ours)]
    assert kinds[0] <= kinds[1]
    risks = [
        {(one.kind, one.risk) for one in issued}
        for issued in (cases.command_corpus(), command_cases(5))
    ]
    # Of the risks of tools a seed issues more than the corpus has.
    assert risks[0] <= risks[1]


def test_check_digits_are_those_of_the_corpus() -> None:
    tried = 0
    for secret in (secret for case in cases.masking_corpus() for secret in case.secrets):
        text = re.sub(r"[\s-]", "", secret.value)
        if secret.type == "credit_card":
            assert luhn(text)
        elif secret.type == "iban":
            assert mod97(text[4:] + text[:4]) == 1
        elif parts := _WITH_CHECKSUM.fullmatch(secret.value):
            assert checksum62(parts[1]) == parts[2]
        else:
            continue
        tried += 1
    assert tried > 60
