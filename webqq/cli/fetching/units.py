"""Numbers as people read them. Pure."""

__all__ = ["format_bytes", "format_clock", "format_count", "format_seconds"]

_STEPS = ("KiB", "MiB", "GiB", "TiB")


def format_bytes(count: float) -> str:
    """
    >>> format_bytes(999), format_bytes(10_240), format_bytes(123_456_789)
    ('999 B', '10.0 KiB', '117.7 MiB')
    """
    if count < 1000:
        return f"{count:.0f} B"
    for unit in _STEPS:
        count /= 1024
        if count < 1000 or unit == _STEPS[-1]:
            break
    return f"{count:.1f} {unit}"


def format_count(count: float) -> str:
    """
    >>> format_count(1234567), format_count(12.34), format_count(0.5)
    ('1,234,567', '12.3', '0.5')
    """
    return f"{count:,}" if isinstance(count, int) else f"{count:,.1f}" if count < 100 else f"{count:,.0f}"


def format_seconds(seconds: float) -> str:
    """
    >>> format_seconds(0.00123), format_seconds(0.25), format_seconds(3.14159), format_seconds(125)
    ('1.2 ms', '250 ms', '3.14 s', '2:05')
    """
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 60 else format_clock(seconds)


def format_clock(seconds: float) -> str:
    """
    >>> format_clock(5), format_clock(125), format_clock(3725)
    ('0:05', '2:05', '1:02:05')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
