"""Numbers with their nouns and units."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Write a count with its noun: `1 item`, `1,204 items`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def duration(seconds: float) -> str:
    """Write a time span, to the second: `8s`, `2m 05s`, `1h 02m`."""
    whole = max(round(seconds), 0)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"
