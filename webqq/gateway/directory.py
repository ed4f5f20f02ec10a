"""Who is in the community and which row of the data file stands for whom, as a running gateway knows it.

The community itself is in the data file (:mod:`.registry`), where a community file is put at each start that names one,
and where commands change it meanwhile. Rows are never removed: no alias ever comes to mean somebody else.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

from webqq.gateway import registry, tidings
from webqq.gateway.community import Account, Community
from webqq.gateway.differences import differences
from webqq.gateway.store import Store
from webqq.gateway.vault import Secret, Vault
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["Directory", "open_directory", "read_directory"]

_log = logging.getLogger(__name__)

# argon2 lets go of the interpreter's lock but takes 19 MiB each time.
_HASHERS = 2


@dataclass(slots=True)
class Directory:
    """The community with its rows and secrets. One object for the gateway's life; :meth:`update` changes it.

    :param secrets: of the accounts of the community.
    :param revision: of the community in the data file.
    """

    community: Community
    account_rows: Mapping[QQNumber, int]
    accounts_by_row: Mapping[int, QQNumber]
    group_rows: Mapping[GroupNumber, int]
    groups_by_row: Mapping[int, GroupNumber]
    secrets: Mapping[QQNumber, Secret]
    revision: int

    def with_changed(
        self, db: sqlite3.Connection, accounts: Iterable[QQNumber], groups: Iterable[GroupNumber]
    ) -> "Directory":
        """A job: the same after a change of some accounts and groups, which is all that is different."""
        community = Community(
            {**self.community.accounts, **{number: registry.read_account(db, number) for number in accounts}},
            {**self.community.groups, **{number: registry.read_group(db, number) for number in groups}},
        )
        return replace(self, community=community, revision=registry.revision_of(db))

    def ended_by(self, newer: "Directory") -> frozenset[QQNumber]:
        """Return the accounts that may not go on as they are: those that left or have another password."""
        return frozenset(number for number, secret in self.secrets.items() if newer.secrets.get(number) != secret)

    def update(self, newer: "Directory") -> None:
        """Become like ``newer``."""
        for each in fields(self):
            setattr(self, each.name, getattr(newer, each.name))


async def open_directory(
    store: Store, vault: Vault, community: Community | None = None, file: Path | None = None
) -> Directory:
    """Return the directory of the data file; the store must not have been started.

    :param community: what a community file tells, to be put into the data file first. Its new passwords are protected,
        which takes some 20 ms of a processor each and is done beside the loop.
    :param file: that file, where it is to be told of at each start.
    """
    if community is not None:
        kept = store.run(registry.read_all_secrets)
        changed = [account for account in community.accounts.values() if not _is_kept(vault, account, kept)]
        secrets = await _protect(vault, changed)
        store.run(partial(_put_community, community=community, secrets=secrets, file=file))
        if changed:
            _log.info("passwords of %d accounts are new", len(changed))
    directory = store.run(read_directory)
    locked = [number for number, secret in directory.secrets.items() if not vault.is_open(secret)]
    if locked:
        _log.warning(
            "%d accounts need a new password before they can sign in; theirs was sealed under another server.key: %s",
            len(locked),
            ", ".join(map(str, locked[:10])),
        )
    return directory


def read_directory(db: sqlite3.Connection) -> Directory:
    """A job that reads all of it."""
    account_rows = {QQNumber(number): row for row, number in db.execute("SELECT id, number FROM account")}
    group_rows = {GroupNumber(number): row for row, number in db.execute("SELECT id, number FROM grp")}
    return Directory(
        community=registry.read_community(db),
        account_rows=account_rows,
        accounts_by_row={row: number for number, row in account_rows.items()},
        group_rows=group_rows,
        groups_by_row={row: number for number, row in group_rows.items()},
        secrets=registry.read_secrets(db),
        revision=registry.revision_of(db),
    )


def _put_community(
    db: sqlite3.Connection, community: Community, secrets: Mapping[QQNumber, Secret], file: Path | None
) -> None:
    before = registry.read_community(db)
    registry.put_community(db, community, secrets, file)
    tidings.put_down(db, differences(before, community))


def _is_kept(vault: Vault, account: Account, kept: Mapping[QQNumber, Secret]) -> bool:
    return account.number in kept and vault.is_of(kept[account.number], account.number, account.password)


async def _protect(vault: Vault, accounts: list[Account]) -> dict[QQNumber, Secret]:
    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(_HASHERS, thread_name_prefix="gateway-argon2") as pool:
        futures = [loop.run_in_executor(pool, vault.protect, account.number, account.password) for account in accounts]
        secrets = await asyncio.gather(*futures)
    return {account.number: secret for account, secret in zip(accounts, secrets, strict=True)}
