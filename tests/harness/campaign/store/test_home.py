"""What a driver has of a store: what comes home, what is not made again, what is said of the rest."""

import hashlib

import pytest
from support.made_records import made, save, with_its_id

from backbones.base.errors import UsageError, UserError
from harness.campaign.plan import plan
from harness.campaign.planned import Wanted
from harness.campaign.shared_settings import Base
from harness.campaign.store.folders import Mirror, sha256
from harness.campaign.store.home import bring, fetch_whole, give, has_weights, kept_in
from harness.campaign.store.place import at
from harness.evaluation.per_video import per_video
from harness.evaluation.predict import trained_streams
from harness.record.folder import RunFolder, all_runs
from harness.record.schema import RunRecord

RUN = made({"average": 60.0}).id


@pytest.fixture
def store(tmp_path):
    return at(f"file://{tmp_path}/store")


@pytest.fixture
def elsewhere(tmp_path, store):
    """A finished run with weights and outputs, which another machine has put into the store."""
    save([made({"average": 60.0})], tmp_path / "elsewhere")
    run = RunFolder(tmp_path / "elsewhere" / RUN)
    for path in (run.checkpoint, run.outputs, run.path / "folds" / "1" / "checkpoint.pt", run.events):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    give(store, run)
    return run


def files(run):
    return sorted(str(path.relative_to(run.path)) for path in run.path.rglob("*") if path.is_file())


def test_small_files_come_home_and_the_others_on_request(store, elsewhere, tmp_path):
    run = bring(store, RUN, tmp_path / "runs", print)
    assert files(run) == ["config.json", "events.jsonl", "lock", "record.json", "stored.json"]
    fetch_whole(store, RUN[:4], tmp_path / "runs")
    assert set(files(run)) - {"lock"} == set(files(elsewhere))
    assert run.outputs.read_text() == "outputs-test.safetensors"


def test_the_folder_of_a_run_says_where_its_files_stayed(store, elsewhere, tmp_path):
    bring(store, RUN, tmp_path / "runs", print)
    assert kept_in(tmp_path / "runs", RUN[:4]).url == store.url
    fetch_whole(store, RUN, tmp_path / "runs")
    assert kept_in(tmp_path / "runs", RUN[:4]) is None
    with pytest.raises(UsageError, match="no run '4567'"):
        kept_in(tmp_path / "runs", "4567")


def test_what_this_machine_had_begun_is_not_mixed_with_it(store, elsewhere, tmp_path):
    """The weights of a half-trained run beside a record of the whole one would be taken for its own."""
    begun = RunFolder(tmp_path / "runs" / RUN)
    begun.path.mkdir(parents=True)
    begun.checkpoint.write_text("half")
    (begun.path / "checkpoint-before.pt").write_text("a quarter")
    assert files(bring(store, RUN, tmp_path / "runs", print)) == [
        *("config.json", "events.jsonl", "lock", "record.json", "stored.json"),
    ]


def test_a_run_that_is_not_finished_stays_there(store, elsewhere, tmp_path):
    elsewhere.record_path.unlink()
    Mirror(store, "runs/ffffffffffff", elsewhere.path).push()
    assert bring(store, "ffffffffffff", tmp_path / "runs", print) is None
    with pytest.raises(UserError, match="run ffffffffffff is not finished in file:///"):
        fetch_whole(store, "ffff", tmp_path / "runs")
    with pytest.raises(UsageError, match="has 0 runs whose ids begin with 'e'; expected one"):
        fetch_whole(store, "e", tmp_path / "runs")
    with pytest.raises(UsageError, match="has 2 runs whose ids begin with ''"):
        fetch_whole(store, "", tmp_path / "runs")


def test_only_weights_that_the_store_lacks_are_given(store, elsewhere, monkeypatch):
    assert has_weights(store, RUN)
    monkeypatch.setattr(type(store), "put", lambda *_: pytest.fail("put again"))
    give(store, elsewhere)
    elsewhere.checkpoint.unlink()
    give(store, RunFolder(elsewhere.path.with_name("none")))


def test_a_damaged_record_comes_not_home(store, elsewhere, tmp_path):
    (name,) = (each for each in store.names(f"runs/{RUN}") if each.startswith("record-"))
    store.write(f"runs/{RUN}/{name}", b"{}")
    with pytest.raises(UserError, match=rf"{name} is damaged: delete it there"):
        bring(store, RUN, tmp_path / "runs", print)
    assert not (tmp_path / "runs").exists()


def test_the_record_of_another_run_comes_not_home(store, elsewhere, tmp_path):
    Mirror(store, "runs/ffffffffffff", elsewhere.path).push()
    with pytest.raises(UserError, match=f"is of run {RUN}: delete runs/ffffffffffff there"):
        bring(store, "ffffffffffff", tmp_path / "runs", print)


def test_a_folder_without_its_record_is_named(store, elsewhere, tmp_path):
    """As of a store that was half copied."""
    names = [name for name in store.names(f"runs/{RUN}") if name.startswith("record-")]
    store.remove([f"runs/{RUN}/{name}" for name in names])
    with pytest.raises(
        UserError, match=rf"/runs/{RUN} lacks its record, {names[0]}: delete runs/{RUN} there"
    ):
        bring(store, RUN, tmp_path / "runs", print)


def test_what_the_store_lacks_is_not_said_to_be_whole(store, elsewhere, tmp_path):
    """Weights that were dropped there after the record came home."""
    run = bring(store, RUN, tmp_path / "runs", print)
    elsewhere.checkpoint.unlink()
    Mirror(store, f"runs/{RUN}", elsewhere.path).push()
    with pytest.raises(UserError, match=r"has no checkpoint.pt any more; the other files are here$"):
        fetch_whole(store, RUN, tmp_path / "runs")
    assert (run.outputs.exists(), run.checkpoint.exists()) == (True, False)


def test_files_that_were_lost_at_home_are_fetched_again(store, elsewhere, tmp_path):
    run = RunFolder(fetch_whole(store, RUN, tmp_path / "runs"))
    run.outputs.unlink()
    run.checkpoint.write_text("mine")
    fetch_whole(store, RUN, tmp_path / "runs")
    assert (run.outputs.read_text(), run.checkpoint.read_text()) == ("outputs-test.safetensors", "mine")


def test_weights_of_another_making_are_not_taken(store, elsewhere, tmp_path):
    """Made on two machines: equal results, but other networks."""
    later = elsewhere.record().model_copy(update={"finished": "2031-01-01T00:00:00+00:00"})
    save([later], tmp_path / "runs")
    with pytest.raises(UserError, match="whose record differs: its weights and outputs are not taken"):
        fetch_whole(store, RUN, tmp_path / "runs")


def test_a_store_that_cannot_be_reached_has_nothing_deleted(store, elsewhere, tmp_path, monkeypatch):
    bring(store, RUN, tmp_path / "runs", print)

    def get(self, name, path):
        raise UserError("no network")

    usual, large = type(store).get, sha256(elsewhere.outputs)
    monkeypatch.setattr(
        type(store), "get", lambda self, name, path: (get if large in name else usual)(self, name, path)
    )
    with pytest.raises(UserError, match=r"^no network$"):
        fetch_whole(store, RUN, tmp_path / "runs")
    assert kept_in(tmp_path / "runs", RUN).url == store.url


def test_damaged_weights_say_what_else_has_to_go(store, elsewhere, tmp_path):
    run = bring(store, RUN, tmp_path / "runs", print)
    (name,) = [name for name in store.names(f"runs/{RUN}") if sha256(elsewhere.checkpoint) in name]
    store.write(f"runs/{RUN}/{name}", b"other")
    with pytest.raises(UserError, match=rf"is damaged .*made again; delete {run.path} too"):
        fetch_whole(store, RUN, tmp_path / "runs")


def test_a_replication_is_said_and_the_first_record_taken(store, elsewhere, tmp_path):
    """Another device gives other numbers: what is in the list comes home."""
    other = {"id": RUN, "environment": {"cpu": "another one"}}
    save([made({"average": 61.0}).model_copy(update=other)], tmp_path / "other")
    Mirror(store, f"runs/{RUN}", tmp_path / "other" / RUN).push()
    said = []
    run = bring(store, RUN, tmp_path / "runs", said.append)
    assert run.record_path.read_bytes() == elsewhere.record_path.read_bytes()
    (line,) = said
    number = hashlib.sha256((tmp_path / "other" / RUN / "record.json").read_bytes()).hexdigest()
    assert f"/record-{number} is a replication whose result differs; it is not taken" in line


def test_weights_in_a_store_are_there_for_a_plan(tmp_path):
    """Without them a pre-training would be made again in each round of a sweep."""
    wanted = [Wanted("t", "row", "mbd", (), "", "", 0)]
    first = plan(wanted, Base("tiny"), []).runs[0]
    tree = made({"average": 60.0}).model_dump(mode="json") | {"config": first.config.plain()}
    source = RunRecord.model_validate(with_its_id(tree) | {"metrics": None})
    save([source], tmp_path)
    run = RunFolder(tmp_path / source.id)

    def before():
        runs = plan(wanted, Base("tiny"), [], all_runs(tmp_path)).runs
        return [each.text for each in runs if each.text]

    assert before() == ["pre-training of both streams, seed 0"]
    run.stored.write_text('{"store": "s3://bucket", "files": ["checkpoint.pt"]}')
    assert before() == []


def test_files_that_stayed_there_are_named_with_what_fetches_them(store, elsewhere, tmp_path):
    run = bring(store, RUN, tmp_path / "my runs", print)
    command = rf"; 'harness runs fetch {RUN} --store {store.url} --out '{tmp_path}/my runs'' fetches it"
    with pytest.raises(UserError) as said:
        trained_streams(run, run.record(), None)
    assert str(said.value).endswith(command)
    with pytest.raises(UserError) as said:
        per_video(run)
    assert str(said.value).endswith(f"is not there){command}")
