"""Stores to test with: a folder, the memory of this process, and a bucket of a server that speaks S3."""

import logging
import os
import uuid
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

from harness.campaign.store.folders import listed

WITHOUT_S3 = "moto and s3fs are not installed (an extra)"
# Of this server alone: whatever the machine has of a real one is not looked at.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "of-the-test",
    "AWS_SECRET_ACCESS_KEY": "of-the-test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def needs_s3():
    """Skips where there is no server."""
    if not (find_spec("moto") and find_spec("s3fs")):
        pytest.skip(WITHOUT_S3)


@contextmanager
def bucket():
    """The URL of a store in a new bucket, which processes that are started meanwhile reach, too."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line for each request otherwise
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    before = {**os.environ}
    host, port = server.get_host_and_port()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    try:
        name = f"bucket-{uuid.uuid4().hex}"  # the server's memory outlives it
        _create(name)
        yield f"s3://{name}/some/folder"
    finally:
        server.stop()
        os.environ.clear()
        os.environ.update(before)


def _create(name):
    import s3fs

    s3fs.S3FileSystem(skip_instance_cache=True).mkdir(name)


def stored(store, folder, name):
    """What a folder in the store has as that file, now; None where it has none."""
    found = listed(store, folder)
    return store.read(f"{folder}/{found.files[name].object}") if found and name in found.files else None
