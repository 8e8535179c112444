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

FAILED = re.compile(r"^test (\S+)(?: - should panic)? \.\.\. FAILED$")
# A mutant that never ends may well fill the memory too.
MEMORY = 4 << 30
# Seconds that a binary may take without a mutant.
PATIENCE = 120


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

    def run(self, mutant, limit, stop=True, only=None, reached=None):
        """The tests that fail, `"(time)"` where it does not end in time, or `"(died)"`; and how many passed."""
        arguments = [self.filter] if self.filter and not only else []
        for test in self.skipped:
            arguments += ["--skip", test]
        arguments = [only, "--exact"] if only else arguments
        environment = os.environ | {
            "PURVIEW_MUTANT": str(mutant),
            "PURVIEW_HANG": "5",
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
            if found := FAILED.match(line.rstrip()):
                failed.append(found[1])
                if stop:
                    break
            passed += line.endswith("... ok\n")
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
    """What a binary does without a mutant: the stage, without the tests that fail; or why there is none."""
    stage = Stage(name, executable, folder)
    failed = stage.measure()
    if "(time)" in failed or "(died)" in failed:
        return None, f"{name}: not run, without a mutant it {'takes too long' if '(time)' in failed else 'dies'}"
    stage.skipped = sorted(failed)
    note = f"{name}: without {', '.join(stage.skipped)}, which fail without a mutant too" if failed else None
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
