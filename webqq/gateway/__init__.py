"""WebQQ from the other side: a server with an embedded community of local accounts.

It speaks the protocol that clients of the service speak, in both flavours, and serves a chat page. It knows the wire
format from :mod:`webqq.protocol` and nothing of the client, the bot or the engine: it meets them on the wire.
"""

from webqq.gateway.administration import Administration, ImportResult
from webqq.gateway.app import COMMUNITY_FILE, Gateway
from webqq.gateway.community import Account, Community, Group, read_community
from webqq.gateway.errors import (
    ArchiveError,
    CertificateError,
    ChangeRefused,
    CommunityError,
    DataInUse,
    GatewayError,
    ListenError,
    MigrationFailed,
    NewerSchema,
    StoreError,
)
from webqq.gateway.files import write_private
from webqq.gateway.hosts import hosts_lines
from webqq.gateway.seed import SEED_BOT, SEED_GROUP, SEED_PERSON

__all__ = [
    "COMMUNITY_FILE",
    "SEED_BOT",
    "SEED_GROUP",
    "SEED_PERSON",
    "Account",
    "Administration",
    "ArchiveError",
    "CertificateError",
    "ChangeRefused",
    "Community",
    "CommunityError",
    "DataInUse",
    "Gateway",
    "GatewayError",
    "Group",
    "ImportResult",
    "ListenError",
    "MigrationFailed",
    "NewerSchema",
    "StoreError",
    "hosts_lines",
    "read_community",
    "write_private",
]
