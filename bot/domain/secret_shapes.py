"""Secrets and personal data that are known by their shape, whatever the name before them."""

from __future__ import annotations

import re
from collections.abc import Callable

from bot.domain.vendor_tokens import mask_vendor_tokens

MASK = "***"

_UUID = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_Rewrite = str | Callable[[re.Match[str]], str]
_COLOUR = re.compile(r"(?:\x1b|\\u001[bB]|\\x1[bB]|\\033)\[[0-9;]{0,20}m")
"""A logger that believes it has a terminal colours the names: `\\x1b[36mpassword\\x1b[0m=…`."""
_SHORT_WORD = re.compile(r"[a-z]{2,9}")
"""`A Bearer without a token`: no token is that short and plain."""
_PEM_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_PEM_END = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----")
_PLAIN_AFTER_SCHEME = frozenset(
    """
    token tokens auth authentication authorization header headers scheme credentials challenge is was are not must
    and or missing empty error errors expired invalid required none null nil realm
    """.split()  # noqa: SIM905  (a list of words reads better as words)
)


def _scheme(match: re.Match[str]) -> str:
    rest = match["rest"]
    word = rest.strip(".,;:!?)]}")
    is_word = match["scheme"].lower() in ("bearer", "basic") and _SHORT_WORD.fullmatch(word) is not None
    plain = is_word or word.lower() in _PLAIN_AFTER_SCHEME or rest.startswith(MASK)
    return match[0] if plain else f"{match['scheme']}{match['gap']}{MASK}"


def _email(match: re.Match[str]) -> str:
    return f"{match['local'][0]}{MASK}{match['at']}{match['domain']}"


def _phone(match: re.Match[str]) -> str:
    digits = _NO_DIGITS.sub("", match[0])
    return f"{MASK}{digits[-2:]}" if len(digits) >= 8 else match[0]


def _soql_numbers(match: re.Match[str]) -> str:
    return _SOQL_DIGITS.sub(lambda found: mask_phone(found["number"]) if found["number"] else found[0], match[0])


_NO_DIGITS = re.compile(r"\D+")
_IN_A_GO_MAP = "|".join(rf"(?<={name}:52)" for name in ("[iI][dD]", "[uU]ser", "[fF]rom", "[tT]o", "[tT]el"))
"""`map[userID:5215…]`: behind a colon stands else what Redis counts, `master_repl_offset:52…`."""
_USER_ID = rf"52(?:(?<![\w.:+-]52)|{_IN_A_GO_MAP})(?<!offset 52)\d{{10,11}}(?![\w.])"
_SPACE = r"(?:[ \t+]|%20)"
_CODE = r"%(?:2[0-9A-Fa-f]|3[Dd]|5[Cc])|\\u00[0-9a-f]{2}"
_SOQL_DIGITS = re.compile(rf"{_CODE}|(?P<number>\d[\d ().-]{{4,40}}\d)")
_SHAPES: tuple[tuple[str, _Rewrite], ...] = (
    (r"(?<![\w-])eyJ[\w-]{5,}+\.[\w-]{5,}+(?:\.[\w-]*+)*+", MASK),  # JSON web token
    # Slack: webhooks and response_url (a stand-in's too).
    (r"(https?:\\?/\\?/hooks\.slack(?:-gov)?\.com)\\?/[^\s\"'<>|]++", rf"\1/{MASK}"),
    (
        r"(https?://[^\s/\"'<>|]++/(?:commands|actions|services|workflows|triggers))/T[A-Z0-9]++/[^\s\"'<>|\\]++",
        rf"\1/{MASK}",
    ),
    # The one-time ticket of a Socket Mode address, which slack_sdk logs at DEBUG.
    (r"(wss?://[^\s\"'<>]{0,200}?[?&]ticket=)[^&\s\"'<>]++", rf"\g<1>{MASK}"),
    # Salesforce: access token or session id; LiveAgent: session key; either in a URL.
    (r"(?<![A-Za-z0-9])00D[A-Za-z0-9]{9,15}(?:!|%21|\\u0021)[\w.%\\]*+", MASK),
    (rf"{_UUID}(?:!|%21)[\w!%+/=-]++", MASK),
    (r"(SessionId/)(?=[^\s/\"'?]*[!\d-])[^\s/\"'?\\]{6,}+", rf"\g<1>{MASK}"),
    # Redis' own configuration.
    (
        r"(?i:\b(?P<scheme>requirepass|masterauth|auth-pass[ \t]++[\w.-]++))"
        r"(?P<gap>[ \t\"']++)(?P<rest>[^\s\"']++)",
        _scheme,
    ),
    (r"(\bredis-cli\b[^\n]{0,80}?[ \t](?:-a|--pass)[ \t]++)(?!\*\*\*)[^\s\"']++", rf"\g<1>{MASK}"),
    # In a sentence: `using password Xy12…`; names of Kubernetes have no capitals, and addresses are no secrets.
    # Else what a machine made up: a long number, or a key of Confluent's.
    (
        r"((?i:\b(?:password|passwd|pwd|passphrase|secret|token|api[-_ ]?key)(?:[ \t]++(?:is|was))?)"
        r"[ \t]++[\"'\[(]?)"
        r"(?:(?=[^\s\d]{0,64}\d)(?=[^\sa-z]{0,64}[a-z])(?=[^\sA-Z]{0,64}[A-Z])(?!\w{1,9}://)"
        r"[^\s=:]{7,}[^\s=:\"'\])},.;]"
        r"|(?:(?=[a-f]{0,31}\d)[0-9a-f]{32,128}|(?=[A-Z]{0,15}\d)(?=\d{0,15}[A-Z])[A-Z0-9]{16})(?![\w-]))",
        rf"\g<1>{MASK}",
    ),
    (r"(://[^\s/@:\"'<>]*+):([^\s/\"'<>@*][^\s/\"'<>]*)@", rf"\1:{MASK}@"),
    (r"(?i:\b(?P<scheme>Bearer|Basic))(?P<gap>(?:[ \t]|%20|\+)++)(?P<rest>[\w.~+/=!%*-]++)(?!:)", _scheme),
    (
        r"(?<![\w.%+-])(?P<local>(?:(?!%40)[\w.%+-])++)(?P<at>@|%40|\\u0040)"
        r"(?P<domain>[\w-]++(?:\.[\w-]++)*?\.[A-Za-z]{2,})(?![\w-])",
        _email,
    ),
    # Telephone numbers: international, national with brackets or dashes, and the middleware's user ids,
    # which are Mexican numbers: 52 or 521 and ten digits.
    (r"(?<![\w+])\+[1-9](?:[ ().-]{0,2}\d){7,14}(?![\d])", _phone),
    (r"(?<![\w.:+/=-])\(\d{2,3}\) ?\d{3,4}[ -]?\d{4}(?![\w-])", _phone),
    (r"(?<![\w.:+/-])(?:\d{3}-\d{3,4}|\d{2}-\d{4})-\d{4}(?![\w.:-])", _phone),
    # A query of Salesforce, as it is or in the address that a failed request names, lists of numbers too.
    (
        rf"(?i:(?:phone|mobile|msisdn|whatsapp)(?:__p?c)?{_SPACE}*+"
        rf"(?:!?=|%3D|(?:not{_SPACE}++)?in(?=[ \t+%(])|like(?=[ \t+%']))(?:{_CODE}|[^A-Za-z\r\n&]){{7,600}}+)",
        _soql_numbers,
    ),
    (r"(?<![\w.-])(?:\d{4}[ -]){3}\d{4}(?![\w-])", MASK),  # the number of a card, as people type it in a chat
    (_USER_ID, _phone),
)
_USER_IDS = re.compile(_USER_ID)
_COMPILED = tuple((re.compile(shape), rewrite) for shape, rewrite in _SHAPES)


def mask_shapes(text: str) -> str:
    """The text with every recognised shape masked."""
    text = mask_vendor_tokens(_mask_private_keys(_COLOUR.sub("", text)), MASK)
    for shape, rewrite in _COMPILED:
        text = shape.sub(rewrite, text)
    return text


def mask_user_ids(text: str) -> str:
    """The text with the middleware's user ids masked, and nothing else."""
    return _USER_IDS.sub(_phone, text)


def mask_phone(value: str) -> str:
    """A telephone number with its last two digits left; anything with fewer than six digits is left alone."""
    digits = re.sub(r"\D", "", value)
    return f"{MASK}{digits[-2:]}" if len(digits) >= 6 else value


def _mask_private_keys(text: str) -> str:
    """From BEGIN to END, or to the end of the text where a log cut the key off."""
    kept: list[str] = []
    position = 0
    while begin := _PEM_BEGIN.search(text, position):
        kept += [text[position : begin.start()], MASK]
        end = _PEM_END.search(text, begin.end())
        position = end.end() if end else len(text)
    return "".join([*kept, text[position:]])
