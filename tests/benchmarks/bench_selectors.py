"""CPU time of choosing among 50,000 items; run it as a script. The goal is below a second."""

import random
import sys
import time

from lookervault_plan.content.node import Ref
from lookervault_plan.selectors.catalogue import Catalogue, Item
from lookervault_plan.selectors.evaluate import evaluate
from lookervault_plan.selectors.parse_text import parse

ITEMS = 50_000
SELECTIONS = (
    "dashboard:42",
    "type:dashboard",
    "title:*draft*",
    "owner:*@finance.example.com",
    "folder:Shared/**",
    "folder:**/Team*/**",
    "model:m3 explore:e1?",
    "updated_after:2024-06-01,updated_before:2024-09-01",
    "+folder:Shared/Team1/** lookml_model:m3+",
    "type:* exclude(type:user owner:*1@* title:*9)",
    "+folder:Shared/**,type:look title:*1*2* id:4* exclude(title:*draft* +dashboard:42)",
)


def a_company(count: int = ITEMS, seed: int = 1) -> Catalogue:
    """Dashboards and looks in nested folders, with owners and models."""
    chance = random.Random(seed)
    items: dict[Ref, Item] = {}
    needs: dict[Ref, list[Ref]] = {}
    users = [Ref("user", str(number)) for number in range(count // 50)]
    models = [Ref("lookml_model", f"m{number}") for number in range(20)]
    for ref in (*users, *models):
        items[ref] = Item(ref=ref, name=ref.id)
    paths: dict[Ref, tuple[str, ...]] = {Ref("folder", "0"): ("Shared",)}
    for number in range(1, count // 10):
        ref, parent = Ref("folder", str(number)), chance.choice(list(paths)[-200:])
        paths[ref] = (*paths[parent], f"Team{number % 300}") if len(paths[parent]) < 9 else ("X",)
        needs[ref] = [parent]
    for ref, path in paths.items():
        items[ref] = Item(ref=ref, name=path[-1], folder=path)
    folders = list(paths)
    looks: list[Ref] = []
    for number in range(count - len(items)):
        ref = Ref("look" if number % 2 else "dashboard", str(number))
        folder, owner, model = map(chance.choice, (folders, users, models))
        title = f"Revenue {number}{' (draft)' if number % 7 == 0 else ''}"
        items[ref] = Item(
            ref=ref,
            name=title,
            title=title,
            owner=f"user{owner.id}@{'finance' if number % 5 else 'sales'}.example.com",
            folder=paths[folder],
            models=(model.id,),
            explores=(f"{model.id}::e{number % 30}",),
            updated_at=f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}T08:30:00.123+00:00",
        )
        needs[ref] = [folder, owner, model, *chance.sample(looks[-100:], min(len(looks), 3))]
        if ref.kind == "look":
            looks.append(ref)
    return Catalogue(items=items, needs=needs)


def main() -> None:
    """Print a line for each selection, and the slowest."""
    catalogue = a_company()
    slowest = 0.0
    for text in SELECTIONS:
        begin = time.process_time()
        picked = evaluate(parse(text), catalogue, allow_empty=True)
        seconds = time.process_time() - begin
        slowest = max(slowest, seconds)
        print(f"{seconds:6.3f} s  {len(picked.by):6} of {len(catalogue.items)}  {text}")
    print(f"{slowest:6.3f} s  the slowest; the goal is below 1 s")
    sys.exit(slowest >= 1)


if __name__ == "__main__":
    main()
