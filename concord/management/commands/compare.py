"""`manage.py compare`: what planning once saves against asking before every step, measured here and now."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from concord import comparison
from concord.private_run import NotReady
from operations.comparison import models, prices, replay, samples, table
from operations.comparison.report import Volume, report
from operations.comparison.ways import BASELINES, CLASSIC, CONCORD, WAYS

TTFT, RATE = 0.6, 60.0
# The prompts of the published ReWOO runs on the same questions (loop, planner), and a few sentences for who answers.
FIXED = replay.Fixed(loop=1446, plan=679, answer=150)


class Command(BaseCommand):
    help = (
        "Run the same operations step by step and planned once, against the same workers and model, and print what "
        "each takes: calls, tokens, time, money. Starts installations of its own and touches no other."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the figures as JSON (progress goes to stderr)")
        parser.add_argument("--model", choices=models.MODELS, default=models.SCRIPTED, help="who decides")
        parser.add_argument("--types", nargs="+", metavar="TYPE", help="operation types (default: all there are)")
        parser.add_argument("--baselines", nargs="+", choices=BASELINES, help="default: all three")
        parser.add_argument("--quick", action="store_true", help="the classic baseline alone, each operation once")
        parser.add_argument("--ttft", type=float, default=TTFT, help="seconds to the scripted model's first token")
        parser.add_argument("--rate", type=float, default=RATE, help="its tokens a second; 0: as fast as it goes")
        parser.add_argument("--per-day", type=int, default=100, help="operations a day, for the money per month")
        parser.add_argument("--price", default="gpt-4o", metavar="MODEL", help="at whose prices")
        parser.add_argument("--replay", type=Path, metavar="FILE", help="count recorded step-by-step runs instead")
        parser.add_argument(
            "--fixed-prompts",
            type=int,
            nargs=3,
            metavar="TOKENS",
            default=[FIXED.loop, FIXED.plan, FIXED.answer],
            help="with --replay: the tokens of the loop's, the planner's and the answerer's fixed prompts",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["replay"]:
            found = self.replay(options["replay"], replay.Fixed(*options["fixed_prompts"]))
            self.show(found, options["json"], table.replayed)
            return
        try:
            found = self.compare(options)
        except (prices.UnknownPrice, models.NoModel, comparison.NotComparable, NotReady) as error:
            raise CommandError(str(error)) from error
        self.show(found, options["json"], table.lines)

    def replay(self, path: Path, fixed: replay.Fixed) -> dict[str, Any]:
        try:
            return replay.report(replay.read(path), fixed)
        except replay.BadRecording as error:
            raise CommandError(str(error)) from error

    def compare(self, options: dict[str, Any]) -> dict[str, Any]:
        volume = Volume(options["per_day"], prices.price(options["price"]))
        ways = [CLASSIC] if options["quick"] else options["baselines"] or list(BASELINES)
        rounds = dict.fromkeys(ways, 1) | {CONCORD: 1 if options["quick"] else 2}
        plan = comparison.Plan(self.types(options["types"]), [WAYS[name] for name in rounds], rounds)
        with models.running(options["model"], ttft=options["ttft"], rate=options["rate"] or None) as model:
            measures = comparison.run(plan, model, self.say)
            left_out = sorted({*plan.types} - {one.operation_type for one in measures})
            if left_out == sorted(plan.types):
                raise CommandError("None of the operations could be posted; what was said of each is above.")
            about = {"model": options["model"], "simulated": simulated(model), "left_out": left_out}
            return report(measures, volume, about)

    def types(self, asked: list[str] | None) -> list[str]:
        known = samples.available()
        if unknown := [name for name in asked or [] if name not in known]:
            raise CommandError(f"There is no operation type {unknown[0]!r}; there are {', '.join(known)}.")
        return asked or known

    def say(self, line: str) -> None:
        self.stderr.write(line, lambda text: text)
        self.stderr.flush()

    def show(self, found: dict[str, Any], as_json: bool, told: Any) -> None:
        self.stdout.write(json.dumps(found) if as_json else "\n".join(told(found)))


def simulated(model: models.Model) -> str:
    """What is made up, in a sentence."""
    if model.server is None:
        return f"The model: {model.words}. The operations load generated sample rolls."
    return (
        f"Simulated: the model ({model.words}), which decides the same whoever asks, and the rolls, which are "
        "generated. Real: every request, the workers, the engine, and the counting of tokens."
    )
