"""A mail to a team outside the company, as plain text."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.redaction import Redactor


@dataclass(frozen=True, slots=True)
class Letter:
    """`names` are what the reader must be able to read although redaction would mask it: the user, an address."""

    subject: str
    body: str
    names: tuple[str, ...] = ()

    def redacted(self, redactor: Redactor) -> Letter:
        """The same letter without secrets and personal data, its `names` excepted."""
        return Letter(
            _around(self.subject, self.names, redactor), _around(self.body, self.names, redactor), self.names
        )


def _around(text: str, names: tuple[str, ...], redactor: Redactor) -> str:
    """Redacts what stands between the names: a secret that is also in the text is masked all the same."""
    for nth, name in enumerate(names):
        if name and name in text:
            return name.join(_around(part, names[nth + 1 :], redactor) for part in text.split(name))
    return redactor.text(text)
