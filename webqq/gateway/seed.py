"""The first community, for who starts a gateway without one: a bot, a person, and a group of the two."""

import secrets
from pathlib import Path

from webqq.gateway.errors import StoreError
from webqq.gateway.files import write_private
from webqq.protocol.ids import GroupNumber, QQNumber

__all__ = ["COMMUNITY_FILE", "SEED_BOT", "SEED_GROUP", "SEED_PERSON", "seed_community"]

COMMUNITY_FILE = "community.toml"
"""Where, in the data folder, the first community is that a gateway without another makes for itself."""

SEED_BOT = QQNumber(100200300)
"""The account of the first community that a bot is meant to use."""

SEED_PERSON = QQNumber(300400500)
"""The account of the first community that a person is meant to use."""

SEED_GROUP = GroupNumber(900100)
"""The group of the first community, with both accounts in it."""

_TEMPLATE = """\
# The first community of this gateway, with the passwords made for it. It is read once, at the first start; from then
# on `webqq account` and `webqq group` change the community. Keep it readable for yourself alone.

[[account]]
number = {bot}
nick = "机器人"
password = "{bot_password}"
friends = [{person}]

[[account]]
number = {person}
nick = "小明"
password = "{person_password}"

[[group]]
number = {group}
name = "测试群"
owner = {person}
members = [{bot}, {person}]
"""


def seed_community(path: Path) -> bool:
    """Write the first community with random passwords to ``path``, mode 0600, unless the file is there.

    :returns: whether it was written now.
    :raises StoreError: it cannot be written.
    """
    text = _TEMPLATE.format(
        bot=SEED_BOT,
        person=SEED_PERSON,
        group=SEED_GROUP,
        bot_password=secrets.token_urlsafe(12),
        person_password=secrets.token_urlsafe(12),
    )
    if path.exists():
        return False
    try:
        write_private(path, text.encode())
    except OSError as error:
        raise StoreError(f"the community file {path} cannot be written: {error.strerror}") from error
    return True
