"""Tokens that their vendors made recognisable: a prefix or a form of their own, whatever the name before them.

Forms are the vendors' own, as their documents and those who scan for leaked tokens have them. Where a form could
be something else, a commit, a digest, the id of a pod, it takes a telling word before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_EDGE = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-Fa-f]{2})|(?<=\\u00[0-9a-f]{2}))"
"""Where a word begins, also behind what was escaped; for prefixes in which another word may end: `risk_live_`."""


@dataclass(frozen=True, slots=True)
class _Token:
    """A line without one of `needles` is not searched for `shape`; what the group `kept` matches stays."""

    needles: tuple[str, ...]
    shape: str


_GITLAB = tuple(f"gl{kind}-" for kind in "pat dt oas ptt rtr rt cbt ft ffct imt agent soat wt".split())  # noqa: SIM905
_TOKENS = (
    _Token(_GITLAB, rf"(?:{'|'.join(_GITLAB)})[\w-]{{20,}}+(?:\.[\w-]++){{0,2}}+"),
    _Token(("GR1348941",), r"GR1348941[\w-]{20,}+"),  # GitLab's runners, as they were registered once
    _Token(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), r"gh[pousr]_[A-Za-z0-9]{20,}+"),
    _Token(("github_pat_",), r"github_pat_\w{20,}+"),
    _Token(("xox",), r"xox[a-z](?:\.xox[a-z])?-(?:(?!%26)[\w%-]){6,}+"),  # Slack
    _Token(("xapp-", "xwfp-"), r"(?:xapp|xwfp)-[\w-]{6,}+"),
    _Token(("k_live_", "k_test_"), rf"{_EDGE}[rs]k_(?:live|test)_[A-Za-z0-9]{{10,}}+"),  # Stripe
    _Token(("whsec_",), r"whsec_[A-Za-z0-9+/=]{20,}+"),
    _Token(("SG.",), rf"{_EDGE}SG\.[\w-]{{16,32}}\.[\w-]{{32,64}}"),  # SendGrid
    _Token(("npm_",), rf"{_EDGE}npm_[A-Za-z0-9]{{36,}}+"),
    _Token(("pypi-A",), r"pypi-A[\w-]{40,}+"),
    _Token(("AKIA", "ASIA"), rf"{_EDGE}(?:AKIA|ASIA)[A-Z0-9]{{16}}(?![A-Za-z0-9])"),  # AWS
    _Token(("AIza",), r"AIza[\w-]{35,}+"),  # Google
    _Token(("ya29.", "GOCSPX-"), r"(?:ya29\.|GOCSPX-)[\w.-]{10,}+"),
    _Token(("1//0",), rf"{_EDGE}1//0[\w-]{{20,}}+"),
    _Token(("AccountKey=",), r"(?<=AccountKey=)[A-Za-z0-9+/]{40,}+={0,2}"),  # Azure
    _Token(("cflt",), r"cflt[A-Za-z0-9+/]{50,}+"),  # Confluent
    _Token((":AA",), r"(?:\bbot|(?<!\d))\d{8,10}:AA[\w-]{33}(?![\w-])"),  # Telegram
    _Token(("hvs.", "hvb."), rf"{_EDGE}hv[bs]\.[\w-]{{20,}}+"),  # Vault
    _Token(("dckr_",), r"dckr_[op]at_[\w-]{20,}+"),
    _Token(("ATATT3",), r"ATATT3[\w=-]{20,}+"),  # Atlassian
    _Token(("sk-ant-", "sk-proj-"), rf"{_EDGE}sk-(?:ant|proj)-[\w-]{{20,}}+"),
    # Rancher: the token's name, then 54 letters without vowels.
    _Token(
        ("token-", "kubeconfig-"),
        r"(?P<kept>(?:token|kubeconfig)-[\w.-]{1,80}:)[bcdfghjklmnpqrstvwxz2456789]{54}(?![\w-])",
    ),
    # A shared access signature of Azure stands in the query of a URL.
    _Token(
        ("sig=", "sig%3D", "sig%3d"),
        r"(?P<kept>(?:[?&;]|%3[Ff]|%26|\\u0026)sig(?:=|%3[Dd]))(?:(?!%26)[\w%+/=.~-])++",
    ),
    # A key of Twilio's is SK and a number like that of a commit.
    _Token(
        ("twilio", "Twilio", "TWILIO"),
        r"(?P<kept>(?i:twilio)[^\n]{0,60}?(?<![A-Za-z0-9]))SK[0-9a-f]{32}(?![A-Za-z0-9])",
    ),
)
_BY_NEEDLE = tuple((needle, re.compile(token.shape)) for token in _TOKENS for needle in token.needles)


def mask_vendor_tokens(text: str, mask: str) -> str:
    """The text with `mask` in the place of every such token."""
    for needle, shape in _BY_NEEDLE:
        if needle in text:
            text = shape.sub(lambda found: f"{found.groupdict().get('kept', '')}{mask}", text)
    return text


def vendor_hints() -> tuple[str, ...]:
    """Expressions: a line with none of them holds none of these tokens."""
    return tuple(re.escape(needle) for needle, _ in _BY_NEEDLE)
