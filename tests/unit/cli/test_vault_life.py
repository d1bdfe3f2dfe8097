"""A command that needs the vault starts one when the service is not running, and leaves none behind."""

from __future__ import annotations

from maskbot.adapters.vault import is_answering
from tests.unit.cli.operator import operator_at_work


def test_a_vault_lives_as_long_as_the_command_that_needs_it() -> None:
    with operator_at_work(with_vault=False) as operator:
        made = operator.run("persona", "new", "alpha", "--json").json
        assert not is_answering(operator.settings.vault_socket_path)
        assert operator.run("persona", "list", "--json").json[0]["id"] == made["id"]


def test_where_the_settings_name_a_vault_no_other_one_makes_a_key() -> None:
    with operator_at_work(with_vault=False) as operator:
        operator.settings.kek_file_path.unlink()
        named = str(operator.settings.vault_socket_path)
        ran = operator.run("persona", "new", "alpha", MASKBOT_VAULT_SOCKET=named)
        checked = operator.run("check", MASKBOT_VAULT_SOCKET=named)
        assert not operator.settings.kek_file_path.exists()
    assert ran.status == 4
    assert "MASKBOT_VAULT_SOCKET" in ran.err
    (vault,) = [line for line in checked.out.splitlines() if "vault" in line.split()]
    assert "MASKBOT_VAULT_SOCKET" in vault


def test_a_vault_that_cannot_start_says_why() -> None:
    with operator_at_work(with_vault=False) as operator:
        operator.settings.kek_file_path.write_text("no key\n")
        operator.settings.kek_file_path.chmod(0o600)
        ran = operator.run("persona", "new", "alpha")
    assert ran.status == 6
    assert "the vault did not start" in ran.err
    assert "Traceback" not in ran.err
