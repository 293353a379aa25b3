"""SLURM's commands on this machine, as far as submitit and the harness use them; jobs are processes.

As a program: `fake_slurm.py COMMAND …`, with a folder in FAKE_SLURM: a file for each job in the queue (its
comment), `ID.pid` of its running step, `ID.requeue` where it was asked for, `submissions` with a script's
path a line. Nothing starts while there is a file `hold`; sbatch fails with what is in a file `refuses`.
"""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

COMMANDS = ("sbatch", "squeue", "scancel", "scontrol", "srun")


class FakeSlurm:
    """Puts the commands into `folder`, first on the path of `environment` (a pytest monkeypatch)."""

    def __init__(self, folder, environment):
        self.state = folder / "state"
        self.state.mkdir()
        for name in COMMANDS:
            command = folder / name
            command.write_text(f'#!/bin/sh\nexec {sys.executable} -S {__file__} {name} "$@"\n')
            command.chmod(0o755)
        environment.setenv("FAKE_SLURM", str(self.state))
        environment.setenv("PATH", str(folder), prepend=os.pathsep)

    def submissions(self):
        """The text of each script that was submitted."""
        path = self.state / "submissions"
        return [Path(line).read_text() for line in path.read_text().split()] if path.exists() else []

    def preempt(self, *signals):
        """As SLURM does: to the process group of every running step."""
        for path in self.state.glob("*.pid"):
            for number in signals:
                os.killpg(int(path.read_text()), number)

    def queue(self):
        return sorted(path.stem for path in self.state.glob("*.job"))


def main(command, *words):
    state = Path(os.environ["FAKE_SLURM"])
    {"sbatch": sbatch, "squeue": squeue, "scancel": scancel, "scontrol": scontrol, "srun": srun, "run": run}[
        command
    ](state, *words)


def sbatch(state, script):
    if (state / "refuses").exists():
        sys.exit((state / "refuses").read_text())
    text = Path(script).read_text()
    with (state / "submissions").open("a") as log:
        log.write(f"{Path(script).resolve()}\n")
    kept = state / f"{os.getpid()}.sh"  # SLURM keeps the script; submitit moves it
    kept.write_text(text)
    number = str(1000 + len((state / "submissions").read_text().split()))
    array = re.search(r"--array=0-(\d+)", text)
    comment = re.search(r"--comment='?([^'\n]*)", text)[1]
    for name in [f"{number}_{k}" for k in range(int(array[1]) + 1)] if array else [number]:
        (state / f"{name}.job").write_text(comment)
        words = [sys.executable, "-S", __file__, "run", name, str(kept)]
        nowhere = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        subprocess.Popen(words, **nowhere, start_new_session=True)
    (state / "submissions").write_text((state / "submissions").read_text().replace(script, str(kept)))
    print(f"Submitted batch job {number}")


def run(state, name, script):
    """A job, from its turn to its end."""
    while (state / "hold").exists() and (state / f"{name}.job").exists():
        time.sleep(0.02)
    while (state / f"{name}.job").exists():
        main_id, _, index = name.partition("_")
        env = {**os.environ, "SLURM_JOB_ID": main_id + index, "FAKE_JOB": name, "SLURM_STEP_NUM_TASKS": "1"}
        if index:
            env |= {"SLURM_ARRAY_JOB_ID": main_id, "SLURM_ARRAY_TASK_ID": index}
        subprocess.run(["bash", script], env=env, start_new_session=True, check=False)
        (state / f"{name}.pid").unlink(missing_ok=True)
        if not (state / f"{name}.requeue").exists():
            (state / f"{name}.job").unlink(missing_ok=True)
        (state / f"{name}.requeue").unlink(missing_ok=True)


def srun(state, *words):
    """The step becomes the command, in a process group of its own."""
    name, options = os.environ["FAKE_JOB"], [*words]
    while options[0].startswith("-"):
        option = options.pop(0)
        if option in ("--output", "--error"):
            path = options.pop(0).replace("%A_%a", name).replace("%j", name).replace("%t", "0")
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(handle, 1 if option == "--output" else 2)
    os.setpgid(0, 0)
    (state / f"{name}.pid").write_text(str(os.getpid()))
    os.execvp(options[0], options)


def squeue(state, *words):
    assert "--array" in words
    assert "--format=%i %k" in words
    for path in sorted(state.glob("*.job")):
        print(path.stem, path.read_text())


def scancel(state, *words):
    """Of steps that run, the signal; of jobs that do not, the place in the queue."""
    number = next((w.partition("=")[2] for w in words if w.startswith("--signal=")), None)
    for name in [word for word in words if not word.startswith("-")]:
        running = state / f"{name}.pid"
        if running.exists() and number:
            with suppress(ProcessLookupError):
                os.killpg(int(running.read_text()), signal.Signals[f"SIG{number}"])
        elif not running.exists() and "--state=PENDING" in words:
            (state / f"{name}.job").unlink(missing_ok=True)


def scontrol(state, action, name):
    assert action == "requeue"
    (state / f"{name}.requeue").touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
