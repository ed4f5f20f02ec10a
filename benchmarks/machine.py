"""What the figures were taken on, and how many connections it lets a process have."""

import os
import platform
import resource
import ssl
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.peers import version_of

__all__ = ["choose_processors", "describe", "most_connections"]

# Descriptors and ports for everything that is no poll.
SPARE_DESCRIPTORS = 500
SPARE_PORTS = 4000


def describe(cores: int, packages: Iterable[str], server: str) -> dict[str, str]:
    """Each fact by its name."""
    versions = (f"{name} {version_of(name)}" for name in sorted(packages) if version_of(name))
    return {
        "Date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Processor": f"{_cpu_model()}, {cores} usable",
        "System": f"{platform.system()} {platform.release()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}, {ssl.OPENSSL_VERSION}",
        "Server": server,
        "Libraries": ", ".join(versions),
        "Load when it began": f"{os.getloadavg()[0]:.2f}",
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.machine()


def choose_processors() -> tuple[int | None, int | None]:
    """One for the clients and one for the servers; None where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    # The first serves most interrupts.
    return (usable[-1], usable[-2]) if len(usable) > 1 else (None, None)


def most_connections() -> int:
    """How many polls one client process can have; raises its limit of descriptors to what it may be."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    first, last = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    return max(1, min(most - SPARE_DESCRIPTORS, last - first - SPARE_PORTS))
