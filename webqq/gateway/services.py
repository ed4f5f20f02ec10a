"""What the calls work with: the parts of a running gateway, put together once at its start."""

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from webqq.gateway.addresses import Addresses
from webqq.gateway.captchas import Captchas
from webqq.gateway.codes import VerifyCodes
from webqq.gateway.delivery import KickReason
from webqq.gateway.directory import Directory, read_directory
from webqq.gateway.limits import LoginLimits, Tries
from webqq.gateway.media import Media
from webqq.gateway.metrics import Metrics
from webqq.gateway.post import KeptLetters, Post, Tiding, read_letters
from webqq.gateway.presence import Presence
from webqq.gateway.qrlogins import QRLogins
from webqq.gateway.registry import revision_of
from webqq.gateway.roster import Roster
from webqq.gateway.sessions import Login, Sessions
from webqq.gateway.store import Store
from webqq.gateway.tidings import take_up
from webqq.gateway.tokens import Tokens
from webqq.gateway.vault import Vault
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["DRAWINGS", "DRAWING_SECONDS", "SEARCHES", "SEARCH_SECONDS", "Services", "load_services"]


SEARCHES = 60
"""How many people and groups an account may look up in a row; more would be a census."""

DRAWINGS = 120
"""How many captchas and QR codes are drawn in a row for one address; each takes some 15 ms of a processor."""

DRAWING_SECONDS = 120.0
"""In this time an address may have as many again."""

SEARCH_SECONDS = 3600.0
"""In this time it may look up as many again."""


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class News:
    """What became of the community.

    :param letters: for accounts that had no mailbox. :param with_mail: accounts for which letters are kept.
    :param tidings: letters that were made of what a command put down, for accounts with a mailbox.
    """

    directory: Directory
    letters: KeptLetters
    with_mail: frozenset[QQNumber]
    tidings: KeptLetters


@dataclass(slots=True)
class Services:
    """The parts of a running gateway.

    :param clock: seconds since the epoch. :param hold: how long a poll is held, in seconds.
    :param searches: how often each account may look others up.
    :param drawings: how often each network may have a picture drawn.
    :param addresses: that are given out.
    :param uploads: how many uploads are under way.
    :param is_stopping: answer polls at once and let connections go.
    """

    clock: Callable[[], float]
    store: Store
    directory: Directory
    vault: Vault
    codes: VerifyCodes
    captchas: Captchas
    qrlogins: QRLogins
    sessions: Sessions
    post: Post
    presence: Presence
    media: Media
    limits: LoginLimits
    searches: Tries
    drawings: Tries
    metrics: Metrics
    hold: float
    addresses: Addresses = field(default_factory=Addresses)
    uploads: int = 0
    is_stopping: bool = False
    _following: asyncio.Lock = field(default_factory=asyncio.Lock)

    def roster(self, login: Login) -> Roster:
        """Return the community as a login sees it."""
        return Roster(self.directory, login)

    def sweep(self) -> None:
        """Look for what has run out of time; to be called now and then."""
        self.sessions.sweep()
        self.codes.sweep()
        self.presence.sweep()
        self.limits.sweep()
        self.searches.sweep()
        self.drawings.sweep()
        self.captchas.sweep()
        self.qrlogins.sweep()
        self.post.sweep()

    def sizes(self) -> dict[str, int]:
        """Return how much is kept in memory, of all that calls can make grow; each has a bound."""
        mailboxes = self.post.mailboxes.values()
        return {
            **self.sessions.sizes(),
            "captchas": len(self.captchas),
            "codes": len(self.codes),
            "letters": sum(len(mailbox) for mailbox in mailboxes),
            "login_limits": len(self.limits),
            "mailboxes": len(mailboxes),
            "picture_limits": len(self.drawings),
            "present": len(self.presence),
            "qr_logins": len(self.qrlogins),
            "search_limits": len(self.searches),
            "series": len(self.metrics),
            "uploads": self.uploads,
        }

    async def follow(self) -> bool:
        """Take over what a command has changed in the community since, and tell whether there was something.

        :raises StoreError: the data file could not be read; all is as it was.
        """
        async with self._following:
            return await self._follow()

    async def _follow(self) -> bool:
        news = await self.store.write(self._reader())
        if news is None or self.is_stopping:
            return False
        self._take_over(news)
        return True

    async def change(
        self,
        sender: QQNumber,
        change: Callable[[sqlite3.Connection], T],
        tidings: Iterable[Tiding] = (),
        *,
        accounts: Collection[QQNumber] = (),
        groups: Collection[GroupNumber] = (),
    ) -> T:
        """Change the community and tell of it: on disk in one transaction, in memory before anybody hears of it.

        :param sender: who does it. :param tidings: what is told of it.
        :param accounts: whose nick, signature or friends change. :param groups: that change. Nothing else may.
        :return: what ``change`` does.
        :raises StoreError: it could not be written. Whatever ``change`` raises is raised here, and nothing was done.
        """
        read, directory, known = self._reader(), replace(self.directory), self.directory.revision

        def job(db: sqlite3.Connection) -> tuple[T, News | None]:
            # Where something else changed before, all of it is read, which takes long in a large community.
            is_as_known = revision_of(db) == known
            result = change(db)
            if not is_as_known or revision_of(db) == known:
                return result, read(db)
            return result, News(directory.with_changed(db, accounts, groups), (), frozenset(), ())

        result, _ = await self.post.tell_all(sender, tidings, job, lambda done: self._take_over(done[1]))
        return result

    def _reader(self) -> Callable[[sqlite3.Connection], News | None]:
        known, revision, at = frozenset(self.post.mailboxes), self.directory.revision, int(self.clock())
        return lambda db: _read_news(db, revision, known, at)

    def _take_over(self, news: News | None) -> None:
        """Go by what a job has read, in the order of the jobs."""
        if news is None:
            return
        newer = news.directory
        self.post.admit(newer.community.accounts, news.letters)
        ended = self.directory.ended_by(newer)
        # Before the update, so that friends hear of who goes away.
        for number in ended:
            is_member = number in newer.community.accounts
            self.sessions.end_account(number, KickReason.SIGNED_OUT if is_member else KickReason.REMOVED)
            self.qrlogins.forget_account(number)
            self.presence.refresh(number)
        self.directory.update(newer)
        # Of an account that was removed no letter is left, even if there is one of that number again.
        self.post.dismiss(ended - news.with_mail)
        self.post.deposit(news.tidings)


def load_services(
    store: Store, vault: Vault, directory: Directory, *, hold: float, clock: Callable[[], float]
) -> Services:
    """Take over what the data file holds; before the store is started.

    :param clock: seconds since the epoch.
    """
    store.run(lambda db: take_up(db, int(clock())))
    post = Post(store, directory.community.accounts, clock)
    sessions = Sessions(store, Tokens(vault.token_key), directory, post.mailboxes, clock)
    sessions.load(last_letter=post.load())
    media = Media(store, store.folder, clock)
    media.load()
    return Services(
        clock=clock,
        store=store,
        directory=directory,
        vault=vault,
        codes=VerifyCodes(clock),
        captchas=Captchas(clock),
        qrlogins=QRLogins(clock),
        sessions=sessions,
        post=post,
        presence=Presence(directory, sessions, clock),
        media=media,
        limits=LoginLimits(clock),
        searches=Tries(SEARCHES, SEARCH_SECONDS, clock),
        drawings=Tries(DRAWINGS, DRAWING_SECONDS, clock),
        metrics=Metrics(),
        hold=hold,
    )


def _read_news(db: sqlite3.Connection, revision: int, known: frozenset[QQNumber], at: int) -> News | None:
    """A job: what is to be taken over where the community is another one than of ``revision``.

    In one job, so that no letter can come in between.

    :param known: accounts that have a mailbox. :param at: seconds since the epoch.
    """
    if revision_of(db) == revision:
        return None
    told = [(account, letter) for account, letter in take_up(db, at) if account in known]
    newer = read_directory(db)
    with_mail = frozenset(QQNumber(number) for (number,) in db.execute("SELECT DISTINCT account FROM mail"))
    return News(newer, read_letters(db, set(newer.community.accounts) - known), with_mail, told)
