"""Each precision by name, against what PyTorch computes with it."""

import pytest
import torch
from torch.nn import functional as F

from harness.training.precision import PRECISIONS, autocast, clip_dtype


@pytest.mark.parametrize(("name", "expected"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_a_product_is_computed_in_the_precision(name, expected):
    with autocast("cpu", name):
        assert F.linear(torch.ones(1, 2), torch.ones(3, 2)).dtype == expected
    assert clip_dtype(name) == expected


def test_the_configuration_and_records_know_the_same_names():
    from typing import get_args

    from harness.config.schema import Config
    from harness.record.schema.record import Record

    assert set(get_args(Config.model_fields["precision"].annotation)) == {"auto", *PRECISIONS}
    known = {
        str(value)
        for part in get_args(Record.model_fields["precision"].annotation)
        for value in get_args(part)
    }
    assert known == set(PRECISIONS)
