"""A company that uses every kind of the table, and comparisons of all that an instance has."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from lookervault_plan.sandbox.company import fill
from lookervault_plan.sandbox.looker import Looker
from tests.acceptance import damage, damage_relations, judge, relations
from tests.acceptance.companies import link_up, make_dense, overlap_ids
from tests.acceptance.damage import Damage, Site
from tests.acceptance.judge import Call, Reading

#: Restoring people into another instance gives rights away, which has to be allowed.
ACROSS = (
    *("--allow", "users-across", "--allow", "lockout"),
    *("--allow", "access-widened", "--allow", "users-enable"),
)
#: Everything that may be damaged.
DAMAGES = (*damage.ALL, *damage_relations.ALL)


def sizes(items: int) -> dict[str, int]:
    """Return arguments of `fill` for a backup of about so many items."""
    shares = {"dashboards": 0.24, "looks": 0.24, "folders": 0.12, "users": 0.12}
    return {name: max(9, round(items * share)) for name, share in shares.items()}


def make_company(looker: Looker, items: int, *, seed: int = 7) -> None:
    """Fill an instance with about so many items, of every kind."""
    overlap_ids(looker, seed)
    fill(looker.call, seed=seed, **sizes(items))
    make_dense(looker.call, host=looker.instance.base_url)
    link_up(looker.call, count=min(items // 40 + 4, 40))


@dataclass(repr=False)
class Whole:
    """Content and relations of an instance, as `judge` and `relations` read them."""

    content: Reading
    relations: Mapping[str, Any]

    @classmethod
    def of(cls, call: Call) -> "Whole":
        return cls(judge.read(call), relations.read(call))

    def differences(self, other: "Whole", *, same_instance: bool) -> list[str]:
        """List the differences of `other` from this."""
        wanted = dict(self.relations)
        found = judge.differences(self.content, other.content, same_instance=same_instance)
        if not same_instance:
            found += judge.leaks(self.content, other.content)
            for key, fields in wanted.items():
                if key.startswith(
                    ("schedule ", "alert ")
                ):  # another instance must not send by itself
                    wanted[key] = {**fields, "enabled": False}
        return found + relations.differences(wanted, dict(other.relations))


def damaged(site: Site, count: int, *, seed: int) -> list[Damage]:
    """Do so many damages, each sort in turn."""
    chance = Random(seed)
    done: list[Damage] = []
    for number in range(3 * count):
        do = DAMAGES[number % len(DAMAGES)]
        if (made := do(site, chance.randrange(10**6))) is not None:
            done.append(made)
        if len(done) == count:
            break
    return done


def allowed(damages: Iterable[Damage]) -> tuple[str, ...]:
    """Options that let a repair through: it may well look dangerous."""
    guards = {"updates-share", "lockout", "access-widened", "users-enable"}
    guards |= {guard for one in damages for guard in one.allow}
    return tuple(word for guard in sorted(guards) for word in ("--allow", guard))


def repairs(damages: Sequence[Damage]) -> list[damage.Write]:
    return [write for one in damages for write in one.repair]
