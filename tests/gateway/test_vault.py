import stat
from pathlib import Path

import pytest

from tests.gateway.helpers import CHEAP
from webqq.gateway.errors import StoreError
from webqq.gateway.vault import Vault, default_hasher, read_key
from webqq.protocol.cipher import PADDING_BYTES, password_cipher
from webqq.protocol.digests import digest_of_key, inner_hash, password_digest, salt_of
from webqq.protocol.ids import QQNumber

ACCOUNT = QQNumber(100200300)
VAULT = Vault(bytes(32), CHEAP)
SECRET = VAULT.protect(ACCOUNT, "pass词")


def test_right_digest_is_accepted_in_any_case() -> None:
    digest = password_digest("pass词", salt_of(ACCOUNT), "!ABC")
    assert VAULT.check_digest(SECRET, "!ABC", digest)
    assert VAULT.check_digest(SECRET, "!abc", digest.lower())


@pytest.mark.parametrize("digest", ["", "词", "0" * 32, password_digest("other", salt_of(ACCOUNT), "!ABC")])
def test_other_digest_is_refused(digest: str) -> None:
    assert not VAULT.check_digest(SECRET, "!ABC", digest)


def test_digest_with_another_code_is_refused() -> None:
    assert not VAULT.check_digest(SECRET, "!XYZ", password_digest("pass词", salt_of(ACCOUNT), "!ABC"))


def test_cipher_of_2014_is_accepted_for_its_code_and_password_alone() -> None:
    def cipher(password: str, code: str) -> str:
        return password_cipher(inner_hash(password), salt_of(ACCOUNT), code, b"\1" * PADDING_BYTES, bytes(10))

    assert VAULT.check_digest(SECRET, "!abc", cipher("pass词", "!ABC"))
    assert not VAULT.check_digest(SECRET, "!XYZ", cipher("pass词", "!ABC"))
    assert not VAULT.check_digest(SECRET, "!ABC", cipher("other", "!ABC"))
    assert not VAULT.check_digest(None, "!ABC", cipher("pass词", "!ABC"))
    assert not VAULT.check_digest(SECRET, "!ABC", "A" * 100_000)


def test_account_that_does_not_exist_is_refused() -> None:
    assert not VAULT.check_digest(None, "!ABC", password_digest("", salt_of(ACCOUNT), "!ABC"))


def test_handed_over_password_is_checked_with_argon2() -> None:
    assert SECRET.argon2.startswith("$argon2id$")
    assert VAULT.check_password(SECRET, "pass词")
    assert not VAULT.check_password(SECRET, "pass")


def test_secret_tells_its_password_and_account() -> None:
    assert VAULT.is_of(SECRET, ACCOUNT, "pass词")
    assert not VAULT.is_of(SECRET, ACCOUNT, "pass")
    assert not VAULT.is_of(SECRET, QQNumber(100200301), "pass词")


def test_secret_is_worthless_under_another_key() -> None:
    other = Vault(b"\1" * 32, CHEAP)
    assert not other.is_of(SECRET, ACCOUNT, "pass词")
    assert not other.check_digest(SECRET, "!ABC", password_digest("pass词", salt_of(ACCOUNT), "!ABC"))


def test_secret_does_not_show_itself() -> None:
    assert "argon2id" not in repr(SECRET)


def test_default_cost_is_the_recommended_one() -> None:
    hasher = default_hasher()
    assert (hasher.time_cost, hasher.memory_cost, hasher.parallelism) == (2, 19 * 1024, 1)


def test_key_is_made_once_and_readable_to_the_owner_alone(tmp_path: Path) -> None:
    key = read_key(tmp_path)
    assert len(key) == 32
    assert read_key(tmp_path) == key
    assert [path.name for path in tmp_path.iterdir()] == ["server.key"]
    assert stat.S_IMODE((tmp_path / "server.key").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", [b"", b"no key!", b"c2hvcnQ="])
def test_damaged_key_is_reported_and_kept(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "server.key").write_bytes(text)
    with pytest.raises(StoreError, match=r"server\.key holds no key"):
        read_key(tmp_path)
    assert (tmp_path / "server.key").read_bytes() == text


def test_key_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be used"):
        read_key(tmp_path / "missing")


def test_secret_sealed_under_another_key_is_closed_and_its_stand_in_opens_nothing() -> None:
    ours, theirs = Vault(bytes(32), CHEAP), Vault(b"x" * 32, CHEAP)
    secret = theirs.protect(ACCOUNT, "password")
    assert theirs.is_open(secret)
    assert not ours.is_open(secret)
    # What takes the closed key's place in the comparison must not become a key to every such account.
    assert not ours.check_digest(secret, "!ABC", digest_of_key(bytes(16), "!ABC"))
    resealed = ours.reseal(secret, theirs)
    assert resealed.argon2 == secret.argon2
    assert ours.is_of(resealed, ACCOUNT, "password")
    assert ours.reseal(secret, ours) == secret
