"""How often somebody may try to sign in: bounds on guessing passwords, per account and per address.

Each key has a bucket of tries that fills up again with time (a token bucket). Only tries that failed take one, so who
knows the password is never held up by the own logins. Buckets that are full again are forgotten, and of the others the
longest unused where there are too many, so memory is bounded whoever asks. Accounts that do not exist have buckets like
others: the answer must not tell which ones do. Pure but for the clock that is handed in.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from ipaddress import IPv6Address, ip_address, ip_network

from webqq.protocol.ids import QQNumber

__all__ = [
    "ACCOUNT_TRIES",
    "ADDRESS_TRIES",
    "BUCKETS",
    "CAPTCHA_TRIES",
    "REFILL_SECONDS",
    "LoginLimits",
    "Tries",
    "network_of",
]

ACCOUNT_TRIES = 10
"""Wrong passwords in a row for one account, from wherever; a person who is unsure needs fewer."""

ADDRESS_TRIES = 60
"""Failed logins in a row from one address, behind which a whole house may be."""

CAPTCHA_TRIES = 3
"""Wrong passwords from one address after which it has to read a captcha before each try. By address and not by
account, or anybody could make the owner of an account, or a bot, read captchas.
"""

REFILL_SECONDS = 600.0
"""In this time an empty bucket is full again."""

BUCKETS = 20_000
"""Most keys that are remembered of either kind; some 4 MB."""

# One household or server commonly has a whole network of this length, and may use each address of it.
_IPV6_PREFIX = 64


class Tries:
    """Buckets by key.

    :param tries: how many a full bucket holds. :param seconds: in which an empty one fills up.
    :param clock: seconds, from anywhere. :param capacity: most keys that are remembered.
    """

    def __init__(self, tries: int, seconds: float, clock: Callable[[], float], capacity: int = BUCKETS) -> None:
        self._tries = tries
        self._rate = tries / seconds
        self._clock = clock
        self._capacity = capacity
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def has_one(self, key: Hashable) -> bool:
        """Tell whether a try is left."""
        return self._left(key) >= 1

    def take(self, key: Hashable) -> None:
        """Take one try, or what is left of one."""
        left = max(0.0, self._left(key) - 1)
        self._buckets[key] = left, self._clock()
        self._buckets.move_to_end(key)
        while len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)

    def give_back(self, key: Hashable) -> None:
        """Fill a key's bucket."""
        self._buckets.pop(key, None)

    def sweep(self) -> None:
        """Forget the buckets that are full again."""
        for key in [key for key in self._buckets if self._left(key) >= self._tries]:
            del self._buckets[key]

    def _left(self, key: Hashable) -> float:
        left, at = self._buckets.get(key, (self._tries, 0.0))
        # A clock that was set back gives nothing.
        return min(self._tries, left + max(0.0, self._clock() - at) * self._rate)


class LoginLimits:
    """The bounds on password logins.

    :param clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._accounts = Tries(ACCOUNT_TRIES, REFILL_SECONDS, clock)
        self._addresses = Tries(ADDRESS_TRIES, REFILL_SECONDS, clock)
        self._unread = Tries(CAPTCHA_TRIES, REFILL_SECONDS, clock)

    def may_try(self, account: QQNumber, address: str) -> bool:
        """Tell whether a login may be looked at."""
        return self._accounts.has_one(account) and self._addresses.has_one(network_of(address))

    def needs_captcha(self, address: str) -> bool:
        """Tell whether a login from an address has to come with a captcha that was read."""
        return not self._unread.has_one(network_of(address))

    def failed(self, account: QQNumber, address: str, *, is_password_wrong: bool) -> None:
        """Note a login that failed. A wrong verify code counts for the address alone: it tried no password."""
        if is_password_wrong:
            self._accounts.take(account)
            self._unread.take(network_of(address))
        self._addresses.take(network_of(address))

    def succeeded(self, account: QQNumber) -> None:
        """Note that the password was known: the account has all its tries again. The address has not, or who has one
        account could go on guessing at others.
        """
        self._accounts.give_back(account)

    def __len__(self) -> int:
        return len(self._accounts) + len(self._addresses) + len(self._unread)

    def sweep(self) -> None:
        """Forget what does not matter any more; to be called now and then."""
        self._accounts.sweep()
        self._addresses.sweep()
        self._unread.sweep()


def network_of(address: str) -> str:
    """Return what stands for one client: an IPv4 address itself, of IPv6 the network of 64 bits.

    >>> network_of("2001:db8::1:2"), network_of("192.0.2.1"), network_of("::ffff:192.0.2.1")
    ('2001:db8::/64', '192.0.2.1', '192.0.2.1')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), _IPV6_PREFIX), strict=False))
