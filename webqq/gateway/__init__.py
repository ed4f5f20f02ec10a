"""WebQQ from the other side: a server with an embedded community of local accounts.

It speaks the protocol that clients of the service speak, in both flavours, and serves a chat page. It knows the wire
format from :mod:`webqq.protocol` and nothing of the client, the bot or the engine: it meets them on the wire.
"""

from webqq.gateway.app import COMMUNITY_FILE, Gateway
from webqq.gateway.community import Account, Community, Group
from webqq.gateway.errors import (
    CertificateError,
    CommunityError,
    DataInUse,
    GatewayError,
    ListenError,
    NewerSchema,
    StoreError,
)
from webqq.gateway.hosts import hosts_lines
from webqq.gateway.seed import SEED_BOT, SEED_GROUP, SEED_PERSON

__all__ = [
    "COMMUNITY_FILE",
    "SEED_BOT",
    "SEED_GROUP",
    "SEED_PERSON",
    "Account",
    "CertificateError",
    "Community",
    "CommunityError",
    "DataInUse",
    "Gateway",
    "GatewayError",
    "Group",
    "ListenError",
    "NewerSchema",
    "StoreError",
    "hosts_lines",
]
