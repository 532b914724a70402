"""The steps of an operation as the few nodes of a picture: the branches of a step, and long runs alike, are one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import groupby

from django.db.models import Count

from operations.evidence import references
from operations.graph import Graph
from operations.models import Operation, Step
from operations.states import StepStatus

MOST_READ = 1000  # steps of a plan; their branches are only counted
FEW = 3  # branches of a step that are shown one by one
MOST = 24  # nodes of a picture
TIMES = "\N{MULTIPLICATION SIGN}"
LIGHT = ("operation", "step_id", "position", "template", "index", "label", "worker", "action", "status")
NEEDS = ("arguments", "for_each", "depends_on")
# What a node of several steps is shown as: the first of these that one of them is.
TELLING = (
    StepStatus.FAILED,
    StepStatus.AWAITING_APPROVAL,
    StepStatus.RUNNING,
    StepStatus.PENDING,
    StepStatus.CANCELLED,
    StepStatus.SKIPPED,
    StepStatus.COMPLETED,
)


@dataclass
class Node:
    """One step, or several alike. ``link`` is the id of the step whose page it leads to."""

    link: str
    name: str
    action: str
    label: str = ""
    states: Counter[str] = field(default_factory=Counter)
    needs: set[str] = field(default_factory=set)
    is_marked: bool = False
    is_fold: bool = False

    @property
    def state(self) -> StepStatus:
        return next(state for state in TELLING if self.states[state] or state == TELLING[-1])


@dataclass(frozen=True)
class Drawn:
    """Nodes by id in the order of the plan, and how many of its steps are left out."""

    nodes: dict[str, Node]
    left_out: int


def nodes_of(operation: Operation, marked: Collection[str] = ()) -> Drawn:
    """The nodes of ``operation``, in three queries; those of the steps ``marked`` are marked."""
    rows = Step.objects.filter(operation=operation)
    plan = list(rows.filter(template="").only(*LIGHT, *NEEDS)[: MOST_READ + 1])
    left_out = rows.filter(template="").count() - MOST_READ if len(plan) > MOST_READ else 0
    plan = plan[:MOST_READ]
    counted = _branches(operation)
    few = [name for name, states in counted.items() if 0 < states.total() <= FEW]
    single = list(rows.filter(template__in=few).only(*LIGHT, *NEEDS))
    nodes = _Nodes(plan, single, counted, set(marked)).made()
    return Drawn(_folded(nodes) if len(nodes) > MOST else nodes, left_out)


def _branches(operation: Operation) -> dict[str, Counter[str]]:
    rows = Step.objects.filter(operation=operation).exclude(template="").order_by()
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for template, status, number in rows.values_list("template", "status").annotate(Count("pk")):
        counted[template][status] = number
    return counted


class _Nodes:
    """Makes a node of every step of the plan, or of each of its branches where they are few."""

    def __init__(self, plan: list[Step], single: list[Step], counted: dict[str, Counter[str]], marked: set[str]):
        self.plan, self.counted, self.marked = plan, counted, marked
        self.graph = Graph([*plan, *single])
        self.marked_templates = {name.partition("[")[0] for name in marked}

    def made(self) -> dict[str, Node]:
        nodes: dict[str, Node] = {}
        for step in self.plan:
            if branches := self.graph.instances.get(step.step_id):
                nodes |= {branch.step_id: self._node(branch) for branch in branches}
            else:
                nodes[step.step_id] = self._node(step)
        for name, node in nodes.items():
            node.needs = {one for one in self._needs(self.graph.steps[name]) if one in nodes and one != name}
        return nodes

    def _node(self, step: Step) -> Node:
        states = self.counted.get(step.step_id)
        label = "" if step.label.startswith("#item") else step.label
        node = Node(step.step_id, step.step_id, f"{step.worker}.{step.action}", label)
        node.states = Counter(states) if states else Counter([step.status])
        if states:
            node.name, node.is_fold = f"{step.step_id} {TIMES} {states.total():,}", True
        elif step.for_each is not None and not step.has_ended:
            node.name = f"{step.step_id} for each"
        node.is_marked = step.step_id in (self.marked_templates if step.for_each is not None else self.marked)
        return node

    def _needs(self, step: Step) -> set[str]:
        names = set(self.graph.needs_of(step))
        if step.for_each is not None:
            names |= {name for name, _ in references(step.arguments)} | set(step.depends_on)
        elif step.template and not self.graph.source(step):
            names |= {name for name, _ in references(self.graph.steps[step.template].for_each)}
        return {found for name in names for found in self._drawn(name)}

    def _drawn(self, name: str) -> Iterable[str]:
        """The nodes that stand for the step ``name``."""
        if branches := self.graph.instances.get(name):
            return [branch.step_id for branch in branches]
        return [name if name in self.graph.steps else name.partition("[")[0]]


def _folded(nodes: dict[str, Node]) -> dict[str, Node]:
    """Neighbours of the same action as one node; where those still are too many, neighbours of any action."""
    runs = [list(run) for _, run in groupby(nodes.items(), key=lambda pair: pair[1].action)]
    if len(runs) > MOST:
        pairs = list(nodes.items())
        size = -(-len(pairs) // MOST)
        runs = [pairs[at : at + size] for at in range(0, len(pairs), size)]
    stands_for = {name: run[0][0] for run in runs for name, _ in run}
    order = {run[0][0]: number for number, run in enumerate(runs)}
    folded = {}
    for run in runs:
        first = run[0][0]
        node = folded[first] = _together([node for _, node in run])
        needed = {stands_for[name] for _, each in run for name in each.needs}
        node.needs = {name for name in needed if order[name] < order[first]}
    return folded


def _together(run: list[Node]) -> Node:
    first = run[0]
    if len(run) == 1:
        return first
    total = sum((node.states for node in run), Counter())
    actions = list(dict.fromkeys(node.action for node in run))
    action = actions[0] if len(actions) == 1 else f"{actions[0]} and {len(actions) - 1} others"
    name = f"{first.link}…{run[-1].link} {TIMES} {total.total():,}"
    is_marked = any(node.is_marked for node in run)
    return Node(first.link, name, action, states=total, is_marked=is_marked, is_fold=True)
