"""Coming in: SASL PLAIN by handshake and authenticate, or by name of nobody on an open listener."""

from __future__ import annotations

from kio.schema.errors import ErrorCode

from lab.estate.kafka.accounts import Account, Accounts
from lab.estate.kafka.wire import Answer

HANDSHAKE, AUTHENTICATE = 17, 36
HANDSHAKE_VERSIONS, AUTHENTICATE_VERSIONS = range(2), range(3)
MECHANISM = "PLAIN"


class SignIn:
    """The conversation of one connection until it has an account."""

    def __init__(self, accounts: Accounts, account: Account | None) -> None:
        self._accounts = accounts
        self.account = account
        self._shook_hands = False

    def handshake(self, mechanism: str) -> Answer:
        """Only PLAIN."""
        self._shook_hands = mechanism == MECHANISM
        code = ErrorCode.none if self._shook_hands else ErrorCode.unsupported_sasl_mechanism
        return {"error_code": code, "mechanisms": (MECHANISM,)}

    def authenticate(self, token: bytes) -> Answer:
        """`authorization id NUL key NUL secret` (RFC 4616)."""
        if not self._shook_hands:
            return _no(ErrorCode.illegal_sasl_state, "SaslAuthenticate request received before handshake")
        parts = token.split(b"\0")
        if len(parts) == 3:
            self.account = self._accounts.sign_in(
                parts[1].decode("utf-8", "replace"), parts[2].decode("utf-8", "replace")
            )
        if self.account is None:
            return _no(ErrorCode.sasl_authentication_failed, "Authentication failed: Invalid username or password")
        return {"error_message": None}


def _no(code: ErrorCode, words: str) -> Answer:
    return {"error_code": code, "error_message": words}
