"""Order by dependency, and cycles."""

from lookervault_plan.planning.order.topological import components, ordered


def by_name(node: str) -> tuple[str]:
    return (node,)


def test_dependencies_come_first_and_ties_by_rank():
    graph = {"d": ["b"], "c": [], "b": ["a", "c"], "a": []}

    assert ordered(graph, by_name) == ["a", "c", "b", "d"]
    assert ordered(graph, lambda node: (-ord(node),)) == ["c", "a", "b", "d"]


def test_dependencies_outside_the_graph_are_ignored():
    assert ordered({"b": ["a", "elsewhere"], "a": ["nowhere"]}, by_name) == ["a", "b"]


def test_members_of_a_cycle_and_what_waits_for_them_come_last_but_none_is_lost():
    graph = {"a": ["b"], "b": ["a"], "c": ["a"], "d": [], "e": ["d"]}

    assert ordered(graph, by_name) == ["d", "e", "a", "b", "c"]


def test_cycles_are_found_and_what_only_leads_to_them_is_not_in_them():
    graph = {"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"], "e": ["e"], "f": ["g"], "g": []}

    assert sorted(map(sorted, components(graph))) == [["a", "b", "c"], ["e"]]


def test_a_long_chain_needs_no_recursion():
    graph = {str(n): [str(n + 1)] for n in range(5000)}

    assert components(graph) == []
    assert components(graph | {"5000": ["0"]})[0] == {str(n) for n in range(5001)}
