"""How instances are called: by scheme, host and port."""

from urllib.parse import urlsplit


def origin(url: str) -> str:
    """`https://host:port` in lower case, the scheme's own port left out."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{(parts.hostname or '').lower()}{port}"
