"""The redaction gate also knows what a kubeconfig holds."""

from __future__ import annotations

from pathlib import Path

from bot.settings.kubeconfig import kubeconfig_secrets, service_account_secrets


def test_tokens_passwords_and_keys_are_found(tmp_path: Path) -> None:
    """Every user's; names and addresses are no secrets."""
    file = tmp_path / "kubeconfig"
    file.write_text(
        "apiVersion: v1\nclusters: [{name: c, cluster: {server: https://example.com}}]\n"
        "users:\n- {name: a, user: {token: tok-1}}\n- {name: b, user: {password: pw-2, client-key-data: key-3}}\n"
    )

    assert kubeconfig_secrets(file) == ["tok-1", "pw-2", "key-3"]


def test_what_is_no_kubeconfig_has_no_secrets(tmp_path: Path) -> None:
    """A missing, broken or other file is the adapter's to complain about."""
    broken, other = tmp_path / "broken", tmp_path / "other"
    broken.write_text("users: [")
    other.write_text("- just\n- a list\n")

    assert [kubeconfig_secrets(path) for path in (tmp_path / "missing", broken, other)] == [[], [], []]
    assert service_account_secrets(tmp_path / "missing") == []
