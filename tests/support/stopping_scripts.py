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
