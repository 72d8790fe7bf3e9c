"""The CPU by its PyTorch name, so that scripts run, and the methods that draw into a tensor."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

CPU = mg.device("cuda" if mg.cuda.is_available() else "cpu")


def test_there_is_one_device_and_no_other():
    assert (str(CPU), repr(CPU), mg.cuda.device_count()) == ("cpu", "device(type='cpu')", 0)
    assert mg.device(CPU) == CPU
    assert len({CPU, mg.device("cpu")}) == 1


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "mps", None, 3])
def test_another_device_is_refused(name):
    with pytest.raises(ValueError, match=r"device: minigrad computes on the CPU only, but got .*use device\(\"cpu\"\)"):
        mg.device(name)


@pytest.mark.parametrize(
    "make",
    [
        lambda d: mg.tensor([1.0], device=d),
        lambda d: mg.as_tensor(np.ones(2), device=d),
        lambda d: mg.zeros(2, device=d),
        lambda d: mg.ones_like(mg.zeros(2), device=d),
        lambda d: mg.full((2,), 1.0, device=d),
        lambda d: mg.eye(2, device=d),
        lambda d: mg.arange(3, device=d),
        lambda d: mg.linspace(0, 1, 3, device=d),
        lambda d: mg.rand(2, device=d),
        lambda d: mg.randn_like(mg.zeros(2), device=d),
        lambda d: mg.randint(3, (2,), device=d),
        lambda d: mg.randperm(3, device=d),
        lambda d: mg.zeros(2).to(d),
    ],
)
def test_tensors_can_be_made_on_the_cpu_only(make):
    assert make("cpu").device == make(CPU).device == CPU
    with pytest.raises(ValueError, match="computes on the CPU only"):
        make("cuda")


def test_to_takes_a_device_a_dtype_both_or_another_tensor():
    x = mg.zeros(2)

    assert x.to(CPU) is x.to("cpu") is x.to(device="cpu") is x.cpu() is x
    assert x.to(CPU, mg.float64).dtype == x.to(dtype=mg.float64).dtype == x.to(mg.zeros(1).double()).dtype == mg.float64
    assert x.type_as(mg.tensor([1])).dtype == mg.int64


@pytest.mark.parametrize("dtype", [mg.float16, mg.float32, mg.float64])
def test_normal_and_uniform_draw_into_the_tensor(dtype):
    x = mg.zeros(4000, dtype=dtype)
    before = x.array

    assert x.normal_(3.0, 0.5, generator=mg.Generator(0)) is x
    assert (x.mean().item(), x.std().item()) == pytest.approx((3.0, 0.5), abs=0.03)
    x.uniform_(-2.0, 1.0, generator=mg.Generator(0))
    assert -2 <= x.min().item() < -1.99
    assert 0.99 < x.max().item() <= 1
    assert x.array is before
    assert x.dtype == dtype


def test_drawing_follows_the_default_generator():
    mg.manual_seed(7)
    first = mg.zeros(3).normal_()
    mg.manual_seed(7)

    assert mg.zeros(3).normal_().tolist() == first.tolist()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: x.normal_(0, -1.0), r"normal_: std must be a number from 0 up, but got -1\.0"),
        (lambda x: x.normal_(0, float("nan")), r"normal_: std must be .* nan"),
        (lambda x: x.uniform_(1.0, 0.0), r"uniform_: the bounds must be finite, the lower first, but got 1\.0 and 0"),
    ],
)
def test_drawing_from_no_distribution_is_refused(call, message):
    x = mg.ones(2)

    with pytest.raises(ValueError, match=message):
        call(x)

    assert x.tolist() == [1.0, 1.0]


def test_drawing_into_a_tracked_tensor_is_refused_while_recording():
    weight = nn.Linear(2, 2).weight

    with pytest.raises(RuntimeError, match=r"normal_: writing would change .* no_grad"):
        weight.normal_()


def test_drawing_is_noticed_by_the_record():
    w = mg.ones(2, requires_grad=True)
    y = (w * w).sum()
    with mg.no_grad():
        w.uniform_()

    with pytest.raises(RuntimeError, match="overwritten since"):
        y.backward()


def test_save_and_load_have_pytorchs_names(tmp_path):
    mg.save(nn.Linear(2, 1).state_dict(), tmp_path / "model.pt")

    assert mg.load(tmp_path / "model.pt").keys() == {"weight", "bias"}


def test_a_device_and_float64_together_give_float64():
    # np.dtype(float64) == None is true, because None names the default dtype to NumPy
    assert mg.tensor([1]).to("cpu", mg.double).dtype == mg.ones(1).to(mg.float64).dtype == mg.float64


def test_type_converts_as_to_does():
    assert (mg.tensor([1, 2]) == mg.tensor([1, 3])).type(mg.float).tolist() == [1, 0]
    assert mg.ones(1).type(mg.float64).dtype == mg.float64


def test_nobody_waits_on_the_cpu():
    x = mg.ones(1)

    assert x.to(CPU, non_blocking=True) is x


def test_there_is_no_accelerator_and_no_backend_of_one():
    assert (mg.accelerator.is_available(), mg.accelerator.device_count(), mg.accelerator.current_accelerator()) == (
        False, 0, None,
    )  # fmt: skip
    assert not mg.backends.mps.is_available()
    mg.manual_seed(0)
    state = mg.random.default_generator.get_state()
    mg.cuda.manual_seed(1)
    mg.cuda.manual_seed_all(1)
    mg.cuda.empty_cache()
    assert mg.random.default_generator.get_state() == state
