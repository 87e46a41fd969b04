"""`doctor`: say what an API key and this Looker can do."""

from lookervault_plan.cli.options import COMMON, LOOKER, Common, LookerOptions


def doctor(*, looker: LookerOptions = LOOKER, common: Common = COMMON) -> int:
    """Show what your API key and this Looker can do.

    Tells for each content type whether the key can list it, read it whole and write it, which
    endpoints are missing, and how many API calls a backup and a plan will take. Only reads.

    Parameters
    ----------
    looker, common
        Shared options.

    """
    from lookervault_plan.cli.run.doctor import doctor as run

    return run(looker=looker, common=common)
