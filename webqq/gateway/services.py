"""What the calls work with: the parts of a running gateway, put together once at its start."""

from collections.abc import Callable
from dataclasses import dataclass

from webqq.gateway.codes import VerifyCodes
from webqq.gateway.directory import Directory
from webqq.gateway.post import Post
from webqq.gateway.presence import Presence
from webqq.gateway.roster import Roster
from webqq.gateway.sessions import Login, Sessions
from webqq.gateway.store import Store
from webqq.gateway.tokens import Tokens
from webqq.gateway.vault import Vault

__all__ = ["Services", "load_services"]


@dataclass(slots=True)
class Services:
    """The parts of a running gateway.

    :param hold: how long a poll is held, in seconds.
    :param is_stopping: answer polls at once and let connections go.
    """

    directory: Directory
    vault: Vault
    codes: VerifyCodes
    sessions: Sessions
    post: Post
    presence: Presence
    hold: float
    is_stopping: bool = False

    def roster(self, login: Login) -> Roster:
        """Return the community as a login sees it."""
        return Roster(self.directory, login)

    def sweep(self) -> None:
        """Look for what has run out of time; to be called now and then."""
        self.sessions.sweep()
        self.presence.sweep()


def load_services(
    store: Store, vault: Vault, directory: Directory, *, hold: float, clock: Callable[[], float]
) -> Services:
    """Take over what the data file holds; before the store is started.

    :param clock: seconds since the epoch.
    """
    post = Post(store, directory.community.accounts, clock)
    sessions = Sessions(store, Tokens(vault.token_key), directory, post.mailboxes, clock)
    sessions.load(last_letter=post.load())
    return Services(
        directory=directory,
        vault=vault,
        codes=VerifyCodes(clock),
        sessions=sessions,
        post=post,
        presence=Presence(directory.community, sessions, clock),
        hold=hold,
    )
