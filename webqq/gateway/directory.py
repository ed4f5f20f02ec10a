"""Who is in the community and which row of the data file stands for whom.

Brings the data file in line with the community file at each start. Rows are never removed: an account that left and
comes back finds its letters, and no alias ever comes to mean somebody else.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from webqq.gateway.community import Account, Community
from webqq.gateway.store import Store
from webqq.gateway.vault import Secret, Vault
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["Directory", "open_directory"]

_log = logging.getLogger(__name__)

# argon2 lets go of the interpreter's lock but takes 19 MiB each time.
_HASHERS = 2


@dataclass(frozen=True, slots=True)
class Directory:
    """The community with its rows and secrets.

    :param renewed: accounts whose password is another one than at the last start.
    """

    community: Community
    account_rows: Mapping[QQNumber, int]
    accounts_by_row: Mapping[int, QQNumber]
    group_rows: Mapping[GroupNumber, int]
    groups_by_row: Mapping[int, GroupNumber]
    secrets: Mapping[QQNumber, Secret]
    renewed: frozenset[QQNumber]


async def open_directory(store: Store, vault: Vault, community: Community) -> Directory:
    """Bring the data file in line with ``community`` and return what was found.

    Protecting a new password takes some 20 ms of a processor and is done beside the loop. The store must not have been
    started.
    """
    kept = store.run(_read_secrets)
    changed = [
        account
        for account in community.accounts.values()
        if account.number not in kept or not vault.is_of(kept[account.number], account.number, account.password)
    ]
    secrets = await _protect(vault, changed)
    account_rows = store.run(lambda db: _write_accounts(db, secrets))
    group_rows = store.run(lambda db: _write_groups(db, community))
    if changed:
        _log.info("passwords of %d accounts are new", len(changed))
    return Directory(
        community=community,
        account_rows=account_rows,
        accounts_by_row={row: number for number, row in account_rows.items()},
        group_rows=group_rows,
        groups_by_row={row: number for number, row in group_rows.items()},
        secrets={**kept, **secrets},
        renewed=frozenset(secrets) & frozenset(kept),
    )


async def _protect(vault: Vault, accounts: list[Account]) -> dict[QQNumber, Secret]:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(_HASHERS, thread_name_prefix="gateway-argon2") as pool:
        futures = [loop.run_in_executor(pool, vault.protect, account.number, account.password) for account in accounts]
        secrets = await asyncio.gather(*futures)
    return {account.number: secret for account, secret in zip(accounts, secrets, strict=True)}


def _read_secrets(db: sqlite3.Connection) -> dict[QQNumber, Secret]:
    rows = db.execute("SELECT number, argon2, sealed_key FROM account")
    return {QQNumber(number): Secret(hashed, sealed) for number, hashed, sealed in rows}


def _write_accounts(db: sqlite3.Connection, secrets: Mapping[QQNumber, Secret]) -> dict[QQNumber, int]:
    db.executemany(
        "INSERT INTO account (number, argon2, sealed_key) VALUES (?, ?, ?)"
        " ON CONFLICT (number) DO UPDATE SET argon2 = excluded.argon2, sealed_key = excluded.sealed_key",
        [(number, secret.argon2, secret.sealed_key) for number, secret in secrets.items()],
    )
    return {QQNumber(number): row for row, number in db.execute("SELECT id, number FROM account")}


def _write_groups(db: sqlite3.Connection, community: Community) -> dict[GroupNumber, int]:
    db.executemany(
        "INSERT INTO grp (number) VALUES (?) ON CONFLICT (number) DO NOTHING",
        [(number,) for number in community.groups],
    )
    return {GroupNumber(number): row for row, number in db.execute("SELECT id, number FROM grp")}
