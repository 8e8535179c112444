"""Runs the tests that reach a mutant against it until one fails."""

import threading
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor


class Hunt:
    def __init__(self, looks, stages, workers):
        self.looks, self.stages, self.workers = looks, stages, workers
        self.runs, self.catches = defaultdict(int), defaultdict(int)
        self.lock = threading.Lock()
        self.flaky = set()

    def order(self, stages, area):
        """What has caught most in the least time in this part of the core first."""

        def worth(stage):
            key = area, stage.name
            return -(self.catches[key] + 0.5) / (self.runs[key] + 1) / (0.1 + stage.seconds)

        with self.lock:
            return sorted(stages, key=worth)

    def judge(self, number, mutant):
        """`caught`, `timeout` or `missed`, and by what."""
        area = mutant["file"].split("/src/")[1].split("/")[0]
        if not any(number in stage.reached for stage in self.looks + self.stages):
            return "missed", "not reached"
        for stages in (self.looks, self.stages):
            left = [stage for stage in stages if number in stage.reached]
            while left:
                stage = self.order(left, area)[0]
                left.remove(stage)
                by = self.ask(number, stage)
                with self.lock:
                    self.runs[area, stage.name] += 1
                    self.catches[area, stage.name] += by is not None
                if by:
                    return ("timeout" if by == "(time)" else "caught"), f"{stage.name} {by}"
        return "missed", ""

    def ask(self, number, stage):
        """The test that fails. One that fails only by chance does so without the mutant too, and tells nothing: it has to
        fail a second time."""
        failed, _ = stage.run(number, stage.limit())
        if not failed:
            return None
        if failed[0].startswith("("):
            again, _ = stage.run(number, stage.limit())
        else:
            again, _ = stage.run(number, stage.limit(), only=failed[0])
        if again:
            return failed[0]
        with self.lock:
            self.flaky.add(f"{number} {stage.name} {failed[0]}")
        return None

    def all(self, mutants, told):
        """Calls `told` with each mutant's number and what was found, one at a time."""

        def one(number):
            verdict = self.judge(number, mutants[number])
            with self.lock:
                told(number, verdict)

        with ThreadPoolExecutor(self.workers) as pool:
            for done in [pool.submit(one, number) for number in mutants]:
                done.result()
