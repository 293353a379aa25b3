"""Which process of a run this is, from the variables of torchrun and of SLURM."""

import pytest
from support.srun import variables

from backbones.base.errors import UsageError
from harness.launched import Launched, launched, step_port


def test_alone_without_variables():
    assert launched({}) == Launched(1, 1, 0, 0, 0, "")
    assert launched({}).first


def test_torchrun_says_all():
    env = {"WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "4", "RANK": "6", "LOCAL_RANK": "2", "GROUP_RANK": "1"}
    assert launched(env) == Launched(world=8, here=4, rank=6, local=2, machine=1, by="torchrun")
    assert not launched(env).first


def test_a_task_of_a_step_is_a_process_of_the_run():
    assert launched(variables(1)) == Launched(world=2, here=2, rank=1, local=1, machine=0, by="srun")
    env = {**variables(5, tasks=6), "SLURM_STEP_TASKS_PER_NODE": "2(x3)", "SLURM_LOCALID": "1"}
    assert launched({**env, "SLURM_NODEID": "2"}) == Launched(6, 2, 5, 1, 2, "srun")


def test_a_batch_script_that_asks_for_tasks_is_one_process():
    """sbatch --ntasks=4 sets these; without srun nobody starts the other three."""
    batch = {"SLURM_JOB_ID": "1", "SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_LOCALID": "0"}
    assert launched(batch).world == 1
    assert launched({**batch, "SLURM_STEP_NUM_TASKS": "1", "SLURM_STEP_ID": "0"}).world == 1


def test_torchrun_inside_a_step_goes_first():
    env = {**variables(0), "WORLD_SIZE": "1", "RANK": "0", "LOCAL_RANK": "0"}
    assert launched(env).by == "torchrun"
    assert launched(env).world == 1


@pytest.mark.parametrize(
    ("env", "line"),
    [
        ({"WORLD_SIZE": "two"}, "WORLD_SIZE is 'two'; expected a number"),
        ({"WORLD_SIZE": "4"}, "WORLD_SIZE is 4 but RANK is not set"),
        ({"WORLD_SIZE": "5", "RANK": "0", "LOCAL_WORLD_SIZE": "2"}, "5 processes on machines with 2 each"),
        ({"WORLD_SIZE": "0", "RANK": "0"}, "0 processes on machines with 0 each"),
        (
            {**variables(0, 3), "SLURM_STEP_TASKS_PER_NODE": "2,1"},
            "srun started 2, 1 tasks on its nodes: ",
        ),
        (
            {**variables(0), "SLURM_STEP_TASKS_PER_NODE": ""},
            r"2 tasks but does not say .*ntasks-per-node$",
        ),
        ({**variables(0), "SLURM_PROCID": "-1"}, "SLURM_PROCID is '-1'; expected a number"),
    ],
)
def test_variables_that_make_no_sense_are_one_line(env, line):
    with pytest.raises(UsageError, match=line):
        launched(env)


def test_steps_of_a_job_and_jobs_of_a_node_meet_at_ports_of_their_own():
    ports = {
        step_port({"SLURM_JOB_ID": str(job), "SLURM_STEP_ID": str(step)})
        for job in range(900, 910)
        for step in range(20)
    }
    assert len(ports) == 200
    assert all(10_000 <= port < 32_768 for port in ports)
    assert step_port({"SLURM_JOB_ID": "1", "MASTER_PORT": "4000"}) == 4000
