"""What all tests share: hypothesis draws the same examples in every run; primitives made by a test leave the table."""

import os

import pytest
from hypothesis import settings

# Tests run on all cores already: threads of OpenBLAS that wait for each other would take them from other tests.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import minigrad as mg
from minigrad import engine

settings.register_profile("minigrad", deadline=None, derandomize=True, database=None, max_examples=40)
settings.load_profile("minigrad")


@pytest.fixture
def table():
    """The derivative table, in which a test may define primitives: it is put back afterwards."""
    rows, numpy_names = dict(engine.TABLE), dict(engine.NUMPY)
    yield engine.TABLE
    for now, before in ((engine.TABLE, rows), (engine.NUMPY, numpy_names)):
        now.clear()
        now.update(before)


@pytest.fixture
def default_dtype():
    """set_default_dtype, undone after the test."""
    before = mg.get_default_dtype()
    yield mg.set_default_dtype
    mg.set_default_dtype(before)
