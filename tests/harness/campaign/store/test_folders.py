"""Folders in a store: whole at any moment, checked when they are fetched, and never mixed between writers."""

import hashlib
import json

import pytest

from backbones.base.errors import UserError
from harness.campaign.store.folders import LIST, Mirror, fetch, listed
from harness.campaign.store.place import at

NAME = "runs/0123456789ab"


@pytest.fixture
def store(tmp_path):
    return at(f"file://{tmp_path}/store")


@pytest.fixture
def write(tmp_path):
    """write(folder, {name: text}): the folder, which a process of its own would fill."""

    def of(folder, files):
        path = tmp_path / folder / "0123456789ab"
        for name, text in files.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            new = path / name
            new.unlink(missing_ok=True)  # as files are replaced whole
            new.write_text(text)
        return path

    return of


def read(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def objects(store):
    return [name for name in store.names(NAME) if name != LIST and not name.startswith("record-")]


def test_a_folder_comes_back_as_it_was_without_what_is_of_one_machine(store, write, tmp_path):
    files = {"config.json": "{}", "checkpoint.pt": "weights", "folds/1/checkpoint.pt": "more"}
    path = write("one", files)
    write("one", {"lock": "", "maker.json": "{}", "checkpoint-before.pt": "old", ".config.json.12": "half"})
    (path / "link").symlink_to("/etc/passwd")
    Mirror(store, NAME, path).push()
    assert fetch(store, NAME, tmp_path / "two").files.keys() == files.keys()
    assert read(tmp_path / "two") == files
    assert fetch(store, "runs/ffffffffffff", tmp_path / "three") is None


def test_what_changed_is_put_and_what_it_replaces_is_removed(store, write, tmp_path):
    path = write("one", {"config.json": "{}", "checkpoint.pt": "step 1", "events.jsonl": "1\n"})
    mirror = Mirror(store, NAME, path)
    mirror.push_changed()
    before = set(objects(store))
    mirror.push_changed()
    write("one", {"events.jsonl": "1\n2\n"})
    mirror.push_changed()
    assert set(objects(store)) == before, "events alone are put with something else"
    write("one", {"checkpoint.pt": "step 2"})
    mirror.push_changed()
    assert len(objects(store)) == 3
    assert len(before & {*objects(store)}) == 1, "the configuration is not put again"
    fetch(store, NAME, tmp_path / "two")
    assert read(tmp_path / "two") == read(path)


def test_half_a_folder_is_as_it_was_before(store, write, tmp_path, monkeypatch):
    """The process ends while it puts the record there: what is fetched is the checkpoint before."""
    path = write("one", {"checkpoint.pt": "step 1", "config.json": "{}"})
    mirror = Mirror(store, NAME, path)
    mirror.push()
    write("one", {"checkpoint.pt": "last", "record.json": "{}"})

    def interrupted(*_: object) -> None:
        # Not by `exec("raise …")`: CPython notes an interrupt of code in a string, and ends by SIGINT later.
        raise KeyboardInterrupt

    monkeypatch.setattr(type(store), "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mirror.push()
    found = fetch(store, NAME, tmp_path / "two")
    assert not found.finished
    assert read(tmp_path / "two") == {"checkpoint.pt": "step 1", "config.json": "{}"}


def test_two_writers_never_remove_each_others_files(store, write, tmp_path):
    """They put the same bytes, one goes on, and its folder or the other one's is there whole."""
    one = Mirror(store, NAME, write("one", {"checkpoint.pt": "step 1"}))
    two = Mirror(store, NAME, write("two", {"checkpoint.pt": "step 1"}))
    one.push()
    two.push()
    write("one", {"checkpoint.pt": "step 2"})
    one.push()
    fetch(store, NAME, tmp_path / "three")
    assert read(tmp_path / "three") == {"checkpoint.pt": "step 2"}
    two.push()
    fetch(store, NAME, tmp_path / "four")
    assert read(tmp_path / "four") == {"checkpoint.pt": "step 1"}


def test_a_finished_run_stays_and_further_records_are_kept(store, write, tmp_path):
    one = Mirror(store, NAME, write("one", {"checkpoint.pt": "a", "record.json": "1"}))
    two = Mirror(store, NAME, write("two", {"checkpoint.pt": "b"}))
    two.push()
    one.push()
    first = listed(store, NAME)
    of_first = sorted(file.object for file in first.files.values())
    assert sorted(objects(store)) == of_first, "what another one had put there is not needed any more"
    two.push()
    write("two", {"checkpoint.pt": "c", "record.json": "2"})
    two.push()
    assert listed(store, NAME) == first
    assert sorted(objects(store)) == of_first
    hashes = [f"record-{hashlib.sha256(text).hexdigest()}" for text in (b"1", b"2")]
    assert {*hashes} < {*store.names(NAME)}


def test_of_a_run_whose_weights_are_dropped_the_store_drops_them_too(store, write):
    path = write("one", {"checkpoint.pt": "a", "record.json": "1"})
    mirror = Mirror(store, NAME, path)
    mirror.push()
    (path / "checkpoint.pt").unlink()
    mirror.push_changed()
    assert listed(store, NAME).files.keys() == {"record.json"}
    assert len(objects(store)) == 1


def test_a_folder_that_is_replaced_meanwhile_is_fetched_again(store, write, tmp_path, monkeypatch):
    mirror = Mirror(store, NAME, write("one", {"checkpoint.pt": "step 1"}))
    mirror.push()
    there, get = listed(store, NAME), type(store).get

    def replaced(self, name, path):
        if name.endswith(there.files["checkpoint.pt"].sha256):
            write("one", {"checkpoint.pt": "step 2"})
            mirror.push_changed()
        return get(self, name, path)

    monkeypatch.setattr(type(store), "get", replaced)
    fetch(store, NAME, tmp_path / "two")
    assert read(tmp_path / "two") == {"checkpoint.pt": "step 2"}


def test_damaged_contents_are_not_taken(store, write, tmp_path):
    Mirror(store, NAME, write("one", {"checkpoint.pt": "step 1"})).push()
    (damaged,) = objects(store)
    store.write(f"{NAME}/{damaged}", b"step 9")
    with pytest.raises(UserError, match=rf"{damaged} is damaged \(its SHA-256 .* delete {NAME} there"):
        fetch(store, NAME, tmp_path / "two")
    assert read(tmp_path / "two") == {}
    store.remove([f"{NAME}/{damaged}"])
    with pytest.raises(UserError, match=f"{NAME} lacks files of its list"):
        fetch(store, NAME, tmp_path / "two")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"files": {}, "more": 1}',
        *(
            json.dumps({"files": {name: {"sha256": "0" * 64, "by": "0" * 12}}})
            for name in ("../a", "/etc/a", "a/../../b", ".bashrc", "a/b/c/d/e", "a\nb", "a\n", "")
        ),
        json.dumps({"files": {"a": {"sha256": "0" * 63 + "/", "by": "0" * 12}}}),
        json.dumps({"files": {"a": {"sha256": "0" * 64, "by": "../../../x.."}}}),
        json.dumps({"files": {"a": {"sha256": "0" * 64, "by": "0" * 12 + "\n"}}}),
    ],
)
def test_a_list_that_is_none_is_refused(store, text):
    store.write(f"{NAME}/{LIST}", text.encode())
    with pytest.raises(UserError, match=rf"{NAME}/{LIST} is no list of files \(.*delete {NAME} there"):
        listed(store, NAME)


def test_files_of_one_machine_are_not_taken_from_a_list(store, tmp_path):
    file = {"sha256": hashlib.sha256(b"x").hexdigest(), "by": "0" * 12}
    store.write(f"{NAME}/{'0' * 12}-{file['sha256']}", b"x")
    files = dict.fromkeys(("lock", "maker.json", "replaced/record.json", "stored.json", "a"), file)
    store.write(f"{NAME}/{LIST}", json.dumps({"files": files}).encode())
    fetch(store, NAME, tmp_path / "two")
    assert read(tmp_path / "two") == {"a": "x"}
