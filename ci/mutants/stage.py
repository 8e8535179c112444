"""One run of a test binary, stopped at the first test that fails."""

import os
import re
import resource
import signal
import subprocess
import tempfile
import threading
import time
from array import array
from dataclasses import dataclass, field

TEST = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. (ok|FAILED)(?: <([\d.]+)s>)?$")
# A mutant that never ends may well fill the memory too.
MEMORY = 4 << 30
# Seconds that a binary may take without a mutant.
PATIENCE = 90
# Seconds that a single test may take: the same is asked by others, in less time; but not what these are about.
SLOW = 3.0
THOROUGH = {"purview-test/model", "tests/gather_model"}


@dataclass(eq=False)
class Stage:
    name: str
    executable: str
    folder: str
    filter: str = ""
    skipped: list = field(default_factory=list)
    # What it takes without a mutant.
    seconds: float = 0.0
    tests: int = 0
    # The mutants whose switch was asked then.
    reached: set = field(default_factory=set)

    def limit(self):
        return max(15.0, min(6 * self.seconds, 90.0))

    def measure(self):
        """One run without a mutant: the tests that fail, how long it takes, and what it reaches."""
        begun = time.monotonic()
        with tempfile.NamedTemporaryFile() as file:
            failed, self.tests = self.run(0, PATIENCE, stop=False, reached=file.name)
            self.reached = set(array("I", file.read()))
        self.seconds = time.monotonic() - begun
        return failed

    def run(self, mutant, limit, stop=True, only=None, reached=None, timed=None):
        """The tests that fail, `"(time)"` where it does not end in time, or `"(died)"`; and how many passed."""
        arguments = [self.filter] if self.filter and not only else []
        for test in self.skipped:
            arguments += ["--skip", test]
        arguments = [only, "--exact"] if only else arguments
        if timed is not None:
            arguments += ["-Zunstable-options", "--report-time"]
        environment = os.environ | {
            "PURVIEW_MUTANT": str(mutant),
            "PURVIEW_HANG": "5" if timed is None else "60",
            "PURVIEW_WAKERS": os.environ.get("PURVIEW_WAKERS", "10000"),
            "PURVIEW_CASES": os.environ.get("PURVIEW_CASES", "2000"),
            "RUSTC_BOOTSTRAP": "1",
            "PURVIEW_MODEL_PROGRAMS": os.environ.get("PURVIEW_MODEL_PROGRAMS", "1000"),
            "RUST_TEST_THREADS": "8",
            "RUST_BACKTRACE": "0",
            "CARGO_MANIFEST_DIR": str(self.folder),
        }
        if reached:
            environment["PURVIEW_MUTANTS_REACHED"] = reached
        process = subprocess.Popen(
            [self.executable, *arguments], cwd=self.folder, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, errors="replace", start_new_session=True, preexec_fn=modest,
        )  # fmt: skip
        late = threading.Event()
        timer = threading.Timer(limit, lambda: (late.set(), end(process)))
        timer.start()
        failed, passed = [], 0
        for line in process.stdout:
            found = TEST.match(line.rstrip())
            if not found:
                continue
            if timed is not None:
                timed[found[1]] = float(found[3] or 0)
            if found[2] == "FAILED":
                failed.append(found[1])
                if stop:
                    break
            passed += found[2] == "ok"
        if failed and stop:
            end(process)
        timer.cancel()
        process.stdout.close()
        code = process.wait()
        if late.is_set() and not failed:
            failed = ["(time)"]
        elif code != 0 and not failed:
            failed = ["(died)"]
        return failed, passed


def modest():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def end(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def baseline(name, executable, folder):
    """What a binary does without a mutant: the stage, without the tests that fail or are slow; or why there is none."""
    stage = Stage(name, executable, folder)
    listed = subprocess.run([executable, "--list"], cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout
    listed = [line.removesuffix(": test") for line in listed.splitlines() if line.endswith(": test")]
    timed = {}
    failed, _ = stage.run(0, PATIENCE, stop=False, timed=timed)
    slow = [test for test in listed if timed.get(test, PATIENCE) > SLOW and name not in THOROUGH]
    stage.skipped = sorted({*slow, *failed} - {"(time)", "(died)"})
    if stage.measure():
        return None, f"{name}: not run, it fails without a mutant"
    note = f"{name}: without {', '.join(stage.skipped)}, which fail without a mutant or take too long" if stage.skipped else None
    return stage if stage.tests else None, note


def in_parts(stage):
    """The same in two parts, where it is not quick: first on one runtime, which tells as much of most mutants, then on the
    others. The second part is asked of what the whole reaches."""
    look = Stage(f"{stage.name} embedded", stage.executable, stage.folder, "embedded", stage.skipped)
    if stage.seconds < 1.0 or look.measure() or look.tests in (0, stage.tests):
        return [stage], []
    rest = Stage(stage.name, stage.executable, stage.folder, "", [*stage.skipped, "embedded"])
    rest.seconds, rest.tests, rest.reached = stage.seconds, stage.tests - look.tests, stage.reached
    return ([look], [rest]) if look.seconds < stage.seconds / 2 else ([], [stage])
