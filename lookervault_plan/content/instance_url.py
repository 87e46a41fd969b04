"""Identify instances by scheme, host and port."""

from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def origin(url: str) -> str | None:
    """`scheme://host:port` of an absolute URL in lower case; else None.

    The scheme's own port is left out.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    is_usual = port in (None, _PORTS[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if is_usual else f":{port}")


def comparable_url(url: str) -> str:
    """Return the URL's origin, or the text itself if it is no URL."""
    return origin(url) or url
