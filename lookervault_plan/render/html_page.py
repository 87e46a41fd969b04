"""The frame of an HTML page: it loads nothing from elsewhere and works without its script."""

import base64
import hashlib
from collections.abc import Iterable, Iterator
from importlib import resources

from lookervault_plan.render.html_syntax import escaped


def page(title: str, body: Iterable[str]) -> Iterator[str]:
    """Put a body into a page with our style sheet and script."""
    return framed(title, body, style=_asset("page.css"), script=_asset("page.js"))


def framed(title: str, body: Iterable[str], *, style: str, script: str = "") -> Iterator[str]:
    """Put a body into a page with that style and script.

    A content security policy allows these two alone, by their hashes.
    """
    scripts = f"script-src {_hash(script)}; " if script else ""
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; {scripts}"
        "base-uri 'none'; form-action 'none'"
    )
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{style}</style></head>\n<body>\n"
    )
    yield from body
    if script:
        yield f"<script>{script}</script>\n"
    yield "</body></html>\n"


def _asset(name: str) -> str:
    return resources.files("lookervault_plan.render").joinpath(name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
