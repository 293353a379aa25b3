"""What processes of a campaign do that are asked to stop: scripts for tests of its engines."""

# It says that it was asked, and does not end.
DEAF = (
    "import signal\n"
    "signal.signal(signal.SIGTERM, lambda *_: print('asked', flush=True))\n"
    "print('there', flush=True)\n"
    "while True: signal.pause()\n"
)

# It writes its checkpoint, `kept`; where there is one, it goes on from there to its end.
CHECKPOINTING = (
    "import pathlib, signal, sys\n"
    "kept = pathlib.Path({kept!r})\n"
    "if kept.exists(): print('went on'); sys.exit()\n"
    "def stop(*_): kept.write_text('whole'); sys.exit(130)\n"
    "signal.signal(signal.SIGTERM, stop); print('there', flush=True)\n"
    "while True: signal.pause()\n"
)

# It writes checkpoints 1, 2 and 3 of the run 0123456789ab, of which it goes on, and then what a finished run
# has. It says the number of each, and waits for a file of that name. Its words: --out OUT, the folder of
# those files, a record.
TRAINING = """
import pathlib, shutil, signal, sys, time

def stopped(*_):
    print("stopped")
    sys.exit(130)

signal.signal(signal.SIGTERM, stopped)
out, allowed, record = map(pathlib.Path, sys.argv[2:])
run = out / record.parent.name
run.mkdir(parents=True, exist_ok=True)
checkpoint, new = run / "checkpoint.pt", run / ".new"
step = int(checkpoint.read_text()) if checkpoint.exists() else 0
print(f"from {step}", sorted(path.name for path in out.iterdir()), flush=True)
while step < 3:
    step += 1
    new.write_text(str(step))
    new.rename(checkpoint)
    print(f"step {step}", flush=True)
    while not (allowed / str(step)).exists():
        time.sleep(0.05)
(run / "outputs-test.safetensors").write_text("outputs")
shutil.copy(record, run / "record.json")
"""

# What a pair of a study does: a pre-training, a joint run from it, and the weights of the first are deleted.
# Its words: --out OUT, the folders of both finished runs, a file that is waited for in between.
PAIR = """
import pathlib, shutil, sys, time

out, first, second, allowed = map(pathlib.Path, sys.argv[2:])
source = out / first.name
print("begins with", sorted(path.name for path in source.glob("*")), flush=True)
source.mkdir(exist_ok=True)
(source / "checkpoint.pt").write_text("weights")
shutil.copytree(first, source, dirs_exist_ok=True)
while not allowed.exists():
    time.sleep(0.05)
shutil.copytree(second, out / second.name)
(source / "checkpoint.pt").unlink()
"""
