"""A store of whole objects: a folder, memory, a bucket; and what is said where it cannot be used."""

import importlib
import importlib.util
import os
import sys

import pytest
from support.stores import bucket, needs_s3

from backbones.base.errors import UsageError, UserError
from harness.campaign.store.place import at, opened


@pytest.fixture(params=["file", "memory", "s3"])
def store(request, tmp_path):
    if request.param == "s3":
        needs_s3()
        with bucket() as url:
            yield at(url)
    else:
        yield at(f"{request.param}://{tmp_path}/store")


def test_objects_are_written_read_listed_and_removed(store, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\0" * 70_000)
    store.check()
    store.write("a/b/one", b"1")
    store.write("a/b/one", b"2")
    store.put("a/two", path)
    assert (store.read("a/b/one"), store.read("a/none"), store.read("b")) == (b"2", None, None)
    assert store.get("a/two", tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    assert not store.get("a/none", tmp_path / "none")
    assert (store.names("a"), store.names("a/b"), store.names("c")) == (["b", "two"], ["one"], [])
    store.remove(["a/b/one", "a/none"])
    assert store.names("a/b") == []
    assert store.within("a").read("two") == path.read_bytes()


def test_a_file_that_cannot_be_written_whole_is_not_there(tmp_path):
    store = at(f"file://{tmp_path}/store")
    store.write("a", b"before")
    with pytest.raises(UserError, match="store is not there"):
        store.put("a", tmp_path / "none")
    assert store.read("a") == b"before"
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("xyz://a/b", r"--store xyz://a/b: Protocol not known: xyz; expected a URL as s3://BUCKET/FOLDER"),
        ("sftp://me:secret@host/a", r"--store sftp://…: passwords do not belong on a command line"),
        ("memory://a", r"expected one place that all machines reach"),
        ("simplecache::file:///a", r"expected one place that all machines reach"),
        ("s3://[a", r"--store s3://\[a: Invalid IPv6 URL"),
        ("", r"--store '' names no place: expected a URL as s3://BUCKET/FOLDER, or a folder"),
        ("file://", r"--store 'file://' names no place"),
        ("file://server/share", r"three slashes, as file:///DISK/FOLDER"),
        ("file://../up", r"three slashes"),
    ],
)
def test_urls_that_are_no_store_are_one_line(url, words):
    with pytest.raises(UsageError, match=words) as said:
        opened(url)
    assert "secret" not in str(said.value)
    assert "\n" not in str(said.value)


def test_packages_that_are_missing_are_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    found_before = importlib.import_module("fsspec.registry")._registry
    monkeypatch.delitem(found_before, "s3", raising=False)
    with pytest.raises(UsageError, match=r'Install s3fs to access S3: pip install "mbd-harness\[store\]"'):
        opened("s3://bucket/a")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r'package fsspec: pip install "mbd-harness\[store\]"'):
        opened("/tmp/a")


def test_a_relative_folder_is_the_same_one_everywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert opened("store").url == f"file://{tmp_path}/store"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_not_writable_is_one_line(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match=r"no permission to write probe-\w+ in file://.*may read, write"):
        opened(f"{tmp_path}/store").check()


def test_what_a_bucket_refuses_is_one_line(monkeypatch):
    """A server's own answer, in the form that s3fs gives it."""
    needs_s3()
    from botocore.exceptions import ClientError
    from s3fs.errors import translate_boto_error

    def refuse(path, sent):
        said = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}}
        raise translate_boto_error(ClientError(said, "PutObject"))

    store = opened("s3://bucket/a")
    monkeypatch.setattr(store.file_system, "pipe_file", refuse)
    with pytest.raises(
        UserError, match=r"no permission to write probe-\w+ in s3://bucket/a \(Access Denied\)"
    ):
        store.check()


def test_a_file_in_its_place_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot write probe-\w+ in file://.*whether this machine can reach"):
        opened(f"{tmp_path}/file/store").check()


def test_a_bucket_that_is_not_there_is_one_line():
    needs_s3()
    words = r"s3://other/a is not there \(.*bucket does not exist\): create it"
    with bucket(), pytest.raises(UserError, match=words):
        opened("s3://other/a").check()


def test_a_server_that_is_not_there_is_one_line(monkeypatch):
    needs_s3()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    with pytest.raises(UserError, match=r"cannot write probe-\w+ in s3://bucket/a \(.*127.0.0.1:9"):
        opened("s3://bucket/a").check()
