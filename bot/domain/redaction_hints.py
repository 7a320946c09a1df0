"""What a line must hold before redaction changes it: so that most lines of a log can be passed by.

Patterns are searched blind to case, with ASCII's `\\w` and one byte for a character: U+00C0 to U+00FF as they are,
what lies above as 0x80. They say too much at times, and never too little: tests hold them against the redactor.
"""

from __future__ import annotations

from bot.domain.secret_names import telling_ends, weak_ends
from bot.domain.vendor_tokens import vendor_hints

_NOISE = r"[-_.\xc0-\xff]*"
"""May stand between the letters of a name, and behind it."""
_CLOSE = r"(?:%22|\\*[\"'`]?)"
_SEPARATOR = rf"{_CLOSE}[ \t]*(?:[:=]|%3[ad])"
_OPAQUE = r"(?:[^ ]*[0-9!]|\\*[\"'`]?[a-f]{32})"
_USER_ID = r"\b52[0-9]{10,11}\b"
_SHAPES = (
    r"(?:\x1b|\\u001b|\\x1b|\\033)\[",
    r"-----BEGIN",
    r"eyj\S{5}",
    r"hooks\.slack|/(?:commands|actions|services|workflows|triggers)/T",
    r"wss?://",
    r"00d[a-z0-9]{9,15}(?:!|%21|\\u0021)",
    r"[0-9a-f]{12}(?:!|%21)",
    r"sessionid/|affinity|requirepass|masterauth|auth-pass|redis-cli",
    r"(?:password|passwd|pwd|passphrase|secret|token|api[-_ ]?key)(?:[ \t]+(?:is|was))?[ \t]+[^\s0-9]{0,64}[0-9]",
    r"://[^\s/]*@",
    r"(?:bearer|basic)(?:[ \t]|%20|\+)",
    r"(?:@|%40|\\u0040)[^\s@]*\.[a-z]{2}",
    r"(?:phone|mobile|msisdn|whatsapp)(?:__p?c)?(?:[ \t+]|%20)*"
    r"(?:!?=|%3d|(?:not(?:[ \t+]|%20)+)?in[ \t+%(]|like[ \t+%'])",
    rf"label(?:{_SEPARATOR}|{_CLOSE}[ \t])",
    r"[0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}",
    r"\+[1-9](?:[ ().-]{0,2}[0-9]){7}|\([0-9]{2,3}\) ?[0-9]{3}|[0-9]{2}-[0-9]{3,4}-[0-9]{4}",
    r"[\x0b\x1c-\x1f\x80-\xa0\xaa\xb2\xb3\xb5\xb9\xba\xbc-\xbe]",  # what `\w`, `\d` and `\s` take otherwise
)


def user_id_hint() -> str:
    """A line with this and with none of `other_hints` has its user ids masked, and nothing else."""
    return _USER_ID


def other_hints() -> tuple[str, ...]:
    """A line with none of these, and no user id, stays as it is."""
    telling = "(?:" + "|".join(_spelt(end) for end in telling_ends()) + ")" + _NOISE
    weak = "(?:" + "|".join(_spelt(end) for end in weak_ends()) + ")" + _NOISE
    return (
        telling + _SEPARATOR,
        rf"--\S*{telling}{_CLOSE}[ \t]",
        rf"{telling}\\*[\"']?[\s,]*\\*[\"']?value",
        f"{telling}>",
        rf"{weak}{_SEPARATOR}[ \t]*{_OPAQUE}",
        rf"--\S*{weak}{_CLOSE}[ \t]+{_OPAQUE}",
        rf"{weak}\\*[\"']?[\s,]*\\*[\"']?value",
        *_SHAPES,
        *vendor_hints(),
    )


def _spelt(end: str) -> str:
    return _NOISE.join(end)
