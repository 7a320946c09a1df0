"""Tokens that their vendors made recognisable go wherever they stand; what only looks like one stays."""

from __future__ import annotations

import pytest

from bot.diagnosis.clean import Cleaner
from bot.domain.redaction import Redactor

REDACT = Redactor().text
CLEANER = Cleaner()
TEN, HEX = "aB3dE5gH7j", "0123456789abcdef"
CONSONANTS = "bcdfghjklmnpqrstvwxz2456789" * 2
TOKENS = {
    **{
        f"gitlab {kind}": f"gl{kind}-{TEN * 2}"
        for kind in ("pat", "dt", "oas", "ptt", "rt", "rtr", "cbt", "ft", "ffct", "imt", "agent", "soat")
    },
    "gitlab, routable": f"glpat-{TEN * 3}.01.0x1a2b3c4",
    "gitlab job": f"glcbt-64_{TEN * 2}",
    "gitlab runner": f"GR1348941{TEN * 2}",
    **{f"github {kind}": f"gh{kind}_{TEN * 3}abcdef" for kind in "pousr"},
    "github, fine-grained": f"github_pat_11{TEN}_{TEN * 5}",
    "slack bot": "xoxb-1234567890-abcdef",
    "slack rotating": "xoxe.xoxp-1-Mi0yLTEyMw",
    "slack app": "xapp-1-A0B1-123-abc",
    "slack workflow": "xwfp-1234-abcdef",
    "stripe": f"sk_live_{TEN * 3}",
    "stripe, restricted": f"rk_test_{TEN * 3}",
    "stripe webhook": f"whsec_{TEN * 3}",
    "sendgrid": f"SG.{TEN * 2}ab.{TEN * 4}abc",
    "npm": f"npm_{TEN * 3}abcdef",
    "pypi": f"pypi-AgEIcHlwaS5vcmc{TEN * 6}",
    "aws key": "AKIAIOSFODNN7EXAMPLE",
    "google api": f"AIzaSy{TEN * 3}abc",
    "google oauth": f"ya29.{TEN * 4}",
    "google refresh": f"1//0{TEN * 4}",
    "confluent": f"cflt{TEN * 6}",
    "telegram": f"123456789:AA{TEN * 3}abc",
    "vault": f"hvs.{TEN * 3}",
    "docker": f"dckr_pat_{TEN * 3}",
    "atlassian": f"ATATT3{TEN * 5}",
    "model provider": f"sk-ant-api03-{TEN * 5}",
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("using ", " failed"), ('{"value":"', '"}'), ("https://x.example.com/?a=", "&b=1"),
     ("body: line\\n", "\\nnext"), ("a%3D", "%26b%3D1"), ("\\u003d", "")],
)  # fmt: skip
def test_a_token_is_masked_wherever_it_stands(token: str, before: str, after: str) -> None:
    """Alone, in a sentence, in JSON, in a form, behind what was escaped; what stands around is unharmed."""
    assert REDACT(f"{before}{token}{after}") == f"{before}***{after}"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"GET https://acme.blob.core.windows.net/a?sv=2022&sig={TEN}%2F{TEN}%3D&se=1: 403",
         "GET https://acme.blob.core.windows.net/a?sv=2022&sig=***&se=1: 403"),
        (f"(https://acme.blob.core.windows.net/a?sig={TEN})", "(https://acme.blob.core.windows.net/a?sig=***)"),
        (f"https%3A%2F%2Fx%3Fsig%3D{TEN}%26se%3D1", "https%3A%2F%2Fx%3Fsig%3D***%26se%3D1"),
        (f"AccountName=acme;AccountKey={TEN * 8}==;Suffix=x", "AccountName=acme;AccountKey=***;Suffix=x"),
        (f"kubeconfig-u-abc12:{CONSONANTS}", "kubeconfig-u-abc12:***"),
        (f"https://api.telegram.org/bot123456789:AA{TEN * 3}abc/getMe", "https://api.telegram.org/***/getMe"),
        (f"https://glpat-{TEN * 2}@gitlab.example.com/a.git", "https://***@gitlab.example.com/a.git"),
        (f"TWILIO_ACCOUNT: SK{HEX * 2} is unknown", "TWILIO_ACCOUNT: *** is unknown"),
        (f"twilio auth token {HEX * 2} refused", "twilio auth token *** refused"),
        (f"the API key is {HEX * 2}", "the API key is ***"),
        ("confluent api key ABCDEFGH23456789 refused", "confluent api key *** refused"),
        (f"aws_secret_access_key = {TEN}/{TEN}+{TEN}abcdefgh", "aws_secret_access_key = ***"),
        (f"aws secret {TEN}/{TEN}+{TEN}abcdefgh", "aws secret ***"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nMII\n-----END PGP PRIVATE KEY BLOCK----- x", "*** x"),
    ],
)  # fmt: skip
def test_what_takes_a_word_before_it(line: str, shown: str) -> None:
    """The word stays, and so does what follows."""
    assert REDACT(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "commit 3f786850e387550fdab836ed7e6dc881de23001b by deploy",
        f"image registry.example.com/acme/app@sha256:{HEX * 4}",
        "pod salesforce-integration-7d9f8c6b54-x2k9p uid 0f1e2d3c-1111-2222-3333-444455556666",
        f"trace_id {HEX * 2} span_id {HEX}",
        f"resource SK{HEX * 2}",
        f"TASK{HEX * 2}",
        f"risk_live_{TEN * 2} task_test_{TEN * 2} sk_live_mode=true",
        f"msg MSG.{TEN * 2}.{TEN * 4}",
        "npm_config_cache=/tmp npm_package_version=1.0.0",
        "pypi-mirror.example.com glances-1.2 glide-path glrt-1 hvs.example.com",
        f"desk-ant-{TEN * 2}",
        "glpat- is the prefix, xoxb- too",
        "received sig=15, sig=SIGTERM; design=flat&signal=1",
        "12:34:56:AA 123456789:AAF",
        "call 5512345678 now, 5512345678 bytes",
        "-----BEGIN CERTIFICATE----- -----BEGIN PUBLIC KEY-----",
        "secret redis-auth-0 not found, token expired",
    ],
)
def test_what_only_looks_like_a_token_stays(line: str) -> None:
    """Commits, digests, names of pods, ten digits that may be anything: what a diagnosis needs."""
    assert REDACT(line) == line


def test_a_log_is_cleaned_alike() -> None:
    """The lines that are passed by for speed hold none of them."""
    text = "\n".join([f"x {token} y" for token in TOKENS.values()])

    assert CLEANER.lines(text) == ["x *** y"] * len(TOKENS)
