"""Links to explores inside text: `/explore/shop/orders?fields=…`, relative or with a host."""

import re

#: Groups: `host` (empty if relative), `path` (up to the model), `model`, `view` (the explore).
EXPLORE_LINK = re.compile(
    r"(?P<host>https?://[^\s/\"'<>()\\]+|(?<![\w.:/-]))"
    r"(?P<path>/(?:embed/)?explore/)(?P<model>[\w-]+)/(?P<view>[\w-]+)"
)
