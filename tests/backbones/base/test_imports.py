import gc

import pytest

from backbones.base.imports import uncollected


def test_the_collector_is_off_inside_and_as_it_was_afterwards():
    assert gc.isenabled()
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_import_that_fails_turns_it_on_again():
    with pytest.raises(ImportError), uncollected():
        raise ImportError
    assert gc.isenabled()
