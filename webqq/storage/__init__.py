"""SQLite under a loop, for the client and for the gateway."""

from webqq.storage.groupcommit import LAZY_SECONDS, GroupCommit, Job, transact

__all__ = ["LAZY_SECONDS", "GroupCommit", "Job", "transact"]
