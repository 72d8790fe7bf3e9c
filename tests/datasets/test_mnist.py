import gzip
import hashlib
import re
import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import minigrad.datasets
from minigrad.datasets import MNIST, load_idx
from minigrad.datasets.data import make_digits
from minigrad.datasets.mnist import DIGITS, find_idx
from minigrad.utils.data import DataLoader, Subset, default_collate


def idx(array, code=0x08):
    """The bytes of an IDX file that holds an array."""
    big_endian = array.astype(array.dtype.newbyteorder(">"))
    return bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + big_endian.tobytes()


def write(path, content):
    path.write_bytes(content)
    return path


@pytest.fixture
def digits():
    """Ten training and four test pairs of images and labels."""
    generator = np.random.default_rng(0)
    return {
        part: (generator.integers(0, 256, (n, 28, 28), dtype=np.uint8), np.arange(n, dtype=np.uint8))
        for part, n in [("train", 10), ("t10k", 4)]
    }


@pytest.fixture
def folder(tmp_path, digits):
    """A folder with the four files, unzipped."""
    for part, (images, labels) in digits.items():
        write(tmp_path / f"{part}-images-idx3-ubyte", idx(images))
        write(tmp_path / f"{part}-labels-idx1-ubyte", idx(labels))
    return tmp_path


@pytest.fixture(scope="module")
def shipped():
    return {"train": MNIST(), "test": MNIST(train=False)}


# The digits that come with minigrad.


@pytest.mark.parametrize(("part", "per_class"), [("train", 1000), ("test", 200)])
def test_shipped_digits_are_equally_many_of_each_class(shipped, part, per_class):
    labels = shipped[part].labels.numpy()

    assert np.bincount(labels).tolist() == [per_class] * 10


@pytest.mark.parametrize(("part", "n"), [("train", 10_000), ("test", 2_000)])
def test_shipped_images_are_float32_from_zero_to_one_and_labels_int64(shipped, part, n):
    mnist = shipped[part]

    assert len(mnist) == n
    assert (mnist.images.shape, mnist.images.dtype) == ((n, 1, 28, 28), np.float32)
    assert (mnist.labels.shape, mnist.labels.dtype) == ((n,), np.int64)
    assert (mnist.images.numpy().min(), mnist.images.numpy().max()) == (0, 1)


def test_no_shipped_image_occurs_twice_in_training_and_test_together(shipped):
    images = np.concatenate([mnist.images.numpy() for mnist in shipped.values()])

    assert len({image.tobytes() for image in images}) == 12_000


@pytest.mark.parametrize("part", ["train", "test"])
def test_every_stretch_of_shipped_digits_mixes_the_classes(shipped, part):
    labels = shipped[part].labels.numpy().reshape(-1, 100)

    assert min(len(set(stretch)) for stretch in labels.tolist()) >= 8


def test_shipped_images_look_like_their_labels(shipped):
    x, y = shipped["train"].images.numpy().reshape(-1, 784), shipped["train"].labels.numpy()
    test_x, test_y = shipped["test"].images.numpy().reshape(-1, 784), shipped["test"].labels.numpy()
    mean = np.stack([x[y == label].mean(0) for label in range(10)])  # (10, 784)

    nearest = ((test_x[:, None] - mean) ** 2).sum(-1).argmin(1)

    assert (nearest == test_y).mean() > 0.75


def test_shipped_file_has_the_checksum_written_in_its_readme():
    readme = DIGITS.with_name("README.md").read_text(encoding="utf-8")

    [written] = re.findall(r"\| `digits\.npz` \| `([0-9a-f]{64})` \|", readme)

    assert hashlib.sha256(DIGITS.read_bytes()).hexdigest() == written


def test_readme_names_the_checksums_of_the_originals_that_the_script_checks():
    readme = DIGITS.with_name("README.md").read_text(encoding="utf-8")

    written = dict(re.findall(r"\| `([\w-]+ubyte)` \| `([0-9a-f]{64})` \|", readme))

    assert written == make_digits.SHA256


# Items and batches.


def test_an_item_is_an_image_with_a_channel_and_an_int_label(folder, digits):
    images, labels = digits["train"]

    image, label = MNIST(folder)[7]

    assert image.shape == (1, 28, 28)
    np.testing.assert_array_equal(image.numpy()[0], images[7].astype(np.float32) / np.float32(255))
    assert type(label) is int
    assert label == labels[7]


def test_iteration_ends_after_the_last_item(folder):
    assert [label for _, label in MNIST(folder)] == list(range(10))


def test_whole_batches_equal_items_collated_one_by_one(folder):
    mnist = MNIST(folder)

    fast = list(DataLoader(mnist, batch_size=4))
    slow = list(DataLoader(mnist, batch_size=4, collate_fn=default_collate))

    assert len(fast) == len(slow) == 3
    for (fast_images, fast_labels), (slow_images, slow_labels) in zip(fast, slow, strict=True):
        np.testing.assert_array_equal(fast_images.numpy(), slow_images.numpy())
        np.testing.assert_array_equal(fast_labels.numpy(), slow_labels.numpy())
        assert (fast_images.dtype, fast_labels.dtype) == (slow_images.dtype, slow_labels.dtype)


def test_whole_batches_never_ask_for_an_item(folder, monkeypatch):
    def refuse(self, index):
        raise AssertionError("one item was asked for")

    monkeypatch.setattr(MNIST, "__getitem__", refuse)

    [[_, labels]] = DataLoader(MNIST(folder), batch_size=10)
    [[_, some]] = DataLoader(Subset(MNIST(folder), [5, 3]), batch_size=2)

    assert labels.tolist() == list(range(10))
    assert some.tolist() == [5, 3]


def test_an_augmentation_written_as_getitem_is_not_bypassed(folder):
    class Inverted(MNIST):
        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            return 1 - image, label

    [[images, _]] = DataLoader(Inverted(folder), batch_size=10)

    np.testing.assert_array_equal(images.numpy(), 1 - MNIST(folder).images.numpy())


# The original files in a folder.


@pytest.mark.parametrize(("train", "n"), [(True, 10), (False, 4)])
def test_root_reads_the_files_of_the_set_asked_for(folder, digits, train, n):
    images, labels = digits["train" if train else "t10k"]

    mnist = MNIST(root=folder, train=train)

    assert len(mnist) == n
    np.testing.assert_array_equal(mnist.images.numpy()[:, 0], images.astype(np.float32) / np.float32(255))
    np.testing.assert_array_equal(mnist.labels.numpy(), labels)


@pytest.mark.parametrize("where", [".", "MNIST/raw"])
@pytest.mark.parametrize("dot", ["-idx", ".idx"])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_files_are_found_under_every_spelling_in_use(tmp_path, digits, where, dot, ending):
    pack = gzip.compress if ending else bytes
    images, labels = digits["train"]
    (tmp_path / where).mkdir(parents=True, exist_ok=True)
    write(tmp_path / where / f"train-images{dot}3-ubyte{ending}", pack(idx(images)))
    write(tmp_path / where / f"train-labels{dot}1-ubyte{ending}", pack(idx(labels)))

    assert len(MNIST(str(tmp_path))) == 10


def test_a_missing_file_is_named_with_the_places_looked_at(tmp_path):
    places = f"no train-images-idx3-ubyte or train-images.idx3-ubyte, with or without .gz, in {tmp_path} or "

    with pytest.raises(FileNotFoundError, match=re.escape(places)):
        MNIST(tmp_path)


def test_a_missing_labels_file_is_named_too(folder):
    (folder / "t10k-labels-idx1-ubyte").unlink()

    with pytest.raises(FileNotFoundError, match="no t10k-labels-idx1-ubyte"):
        MNIST(folder, train=False)


def test_images_and_labels_of_different_number_raise(folder, digits):
    write(folder / "train-labels-idx1-ubyte", idx(digits["train"][1][:9]))

    with pytest.raises(ValueError, match=r"10 images in .* but 9 labels in .*same set"):
        MNIST(folder)


@pytest.mark.parametrize("shape", [(10,), (10, 28), (10, 27, 28), (10, 28, 28, 1)])
def test_images_of_another_shape_raise(folder, shape):
    write(folder / "train-images-idx3-ubyte", idx(np.zeros(shape, np.uint8)))

    with pytest.raises(ValueError, match=re.escape(f"holds uint8 numbers of shape {shape}, but images are uint8")):
        MNIST(folder)


def test_images_of_another_dtype_raise(folder):
    write(folder / "train-images-idx3-ubyte", idx(np.zeros((10, 28, 28), np.float32), code=0x0D))

    with pytest.raises(ValueError, match="holds float32 numbers"):
        MNIST(folder)


@pytest.mark.parametrize(
    ("labels", "code"),
    [
        (np.zeros((10, 1), np.uint8), 0x08),
        (np.zeros(10, np.int32), 0x0C),
        (np.array([3, 10], np.uint8), 0x08),
    ],
)
def test_labels_that_are_not_ten_classes_raise(folder, labels, code):
    write(folder / "train-labels-idx1-ubyte", idx(labels, code))

    with pytest.raises(ValueError, match=r"labels are uint8 \(N,\) in \[0, 9\]"):
        MNIST(folder)


def test_images_and_labels_swapped_raise(folder, digits):
    images, labels = digits["train"]
    write(folder / "train-images-idx3-ubyte", idx(labels))
    write(folder / "train-labels-idx1-ubyte", idx(images))

    with pytest.raises(ValueError, match="is it a file of labels"):
        MNIST(folder)


@pytest.mark.parametrize("train", ["data", 1, None])
def test_train_must_be_a_bool(train):
    with pytest.raises(TypeError, match=f"train must be True or False, given {train!r}"):
        MNIST(train=train)


@pytest.mark.parametrize("root", [False, True, 3])
def test_root_must_be_a_folder(root):
    with pytest.raises(TypeError, match=f"root must be a folder or None, given {root}; the set is chosen by train="):
        MNIST(root)


# IDX files.


@pytest.mark.parametrize(
    ("code", "dtype"),
    [(0x08, np.uint8), (0x09, np.int8), (0x0B, np.int16), (0x0C, np.int32), (0x0D, np.float32), (0x0E, np.float64)],
)
@pytest.mark.parametrize("shape", [(5,), (3, 2), (2, 3, 4)])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_load_idx_reads_back_what_was_written(tmp_path, code, dtype, shape, pack):
    array = np.random.default_rng(0).integers(0, 128, shape).astype(dtype)

    found = load_idx(write(tmp_path / "file", pack(idx(array, code))))

    assert found.dtype == np.dtype(dtype)
    assert found.dtype.isnative
    assert found.flags.writeable
    np.testing.assert_array_equal(found, array)


def test_load_idx_takes_a_string_and_tells_gzip_by_content_not_by_name(tmp_path):
    array = np.arange(5, dtype=np.uint8)
    plain_but_called_gz = write(tmp_path / "labels.gz", idx(array))

    assert load_idx(str(plain_but_called_gz)).tolist() == [0, 1, 2, 3, 4]


def test_a_missing_idx_file_raises_with_its_path(tmp_path):
    with pytest.raises(FileNotFoundError, match=re.escape(f"there is no file {tmp_path / 'nowhere'}")):
        load_idx(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", gzip.compress(b"", mtime=0)])
def test_an_empty_file_raises(tmp_path, content):
    with pytest.raises(ValueError, match="is empty"):
        load_idx(write(tmp_path / "file", content))


CUBE = idx(np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4))  # 16 bytes of header, 24 of numbers


@pytest.mark.parametrize("length", range(1, len(CUBE)))
def test_a_file_cut_anywhere_raises(tmp_path, length):
    with pytest.raises(ValueError, match=f"is truncated: {length} bytes"):
        load_idx(write(tmp_path / "file", CUBE[:length]))


@pytest.mark.parametrize("length", range(1, len(gzip.compress(CUBE))))
def test_a_zipped_file_cut_anywhere_raises(tmp_path, length):
    with pytest.raises(ValueError, match="damaged gzip" if length > 1 else "is truncated"):
        load_idx(write(tmp_path / "file", gzip.compress(CUBE)[:length]))


@pytest.mark.parametrize("position", range(10, len(gzip.compress(CUBE))))
def test_a_zipped_file_with_a_flipped_byte_raises(tmp_path, position):
    content = bytearray(gzip.compress(CUBE))
    content[position] ^= 0xFF

    with pytest.raises(ValueError, match="damaged gzip"):
        load_idx(write(tmp_path / "file", bytes(content)))


@pytest.mark.parametrize("extra", [b"\0", b"trailing", CUBE])
def test_trailing_bytes_raise(tmp_path, extra):
    with pytest.raises(ValueError, match=f"has trailing bytes: {len(CUBE + extra)} bytes, but its header says 40"):
        load_idx(write(tmp_path / "file", CUBE + extra))


@pytest.mark.parametrize(
    "start",
    [
        b"\x01\x00\x08\x03",  # not zero
        b"\x00\x01\x08\x03",
        b"\x00\x00\x07\x03",  # no such type
        b"\x00\x00\x00\x03",
        b"\x03\x08\x00\x00",  # the other byte order
        b"\x00\x00\x08\x00",  # no dimensions
        b"\x00\x00\x08\x41",  # more dimensions than NumPy has
        b"\x00\x00\x08\xff",
        b"\x89PNG",
        b"<htm",  # a mirror's error page, saved under the file's name
    ],
)
def test_a_wrong_magic_number_raises_and_is_shown(tmp_path, start):
    with pytest.raises(ValueError, match=f"is not an IDX file: it starts with the bytes {start.hex(' ')}"):
        load_idx(write(tmp_path / "file", start + CUBE[4:]))


@pytest.mark.parametrize("ndim", [1, 2, 4, 9])
def test_a_wrong_number_of_dimensions_raises(tmp_path, ndim):
    with pytest.raises(ValueError, match=r"is truncated|has trailing bytes"):
        load_idx(write(tmp_path / "file", CUBE[:3] + bytes([ndim]) + CUBE[4:]))


@pytest.mark.parametrize("shape", [(0,), (0, 28, 28), (3, 0)])
def test_a_header_without_items_raises(tmp_path, shape):
    with pytest.raises(ValueError, match=re.escape(f"holds no numbers: its header says shape {shape}")):
        load_idx(write(tmp_path / "file", idx(np.zeros(shape, np.uint8))))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("dims", [(2**32 - 1,), (2**32 - 1, 28, 28), (2**31, 2**31, 4), (2**32 - 1,) * 64])
def test_a_header_that_promises_too_much_raises_without_taking_memory(tmp_path, pack, dims):
    lie = bytes([0, 0, 0x08, len(dims)]) + struct.pack(f">{len(dims)}I", *dims) + bytes(100)
    path = write(tmp_path / "file", pack(lie))
    tracemalloc.start()

    try:
        with pytest.raises(ValueError, match="is truncated"):
            load_idx(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1_000_000


@pytest.mark.parametrize("seed", range(50))
def test_random_bytes_load_or_raise_value_error(tmp_path, seed):
    generator = np.random.default_rng(seed)
    start = [b"", b"\0\0\x08", b"\0\0\x08\x01", b"\x1f\x8b\x08"][seed % 4]
    path = write(tmp_path / "file", start + generator.bytes(int(generator.integers(0, 64))))

    with pytest.raises(ValueError, match="load_idx"):
        load_idx(path)


# The script that makes the shipped file.


def test_draw_stratified_takes_equally_many_of_each_class_each_once_and_in_order():
    labels = np.random.default_rng(0).integers(0, 10, 1000)

    index = make_digits.draw_stratified(labels, 30, np.random.default_rng(1))

    assert np.bincount(labels[index]).tolist() == [30] * 10
    assert (np.diff(index) > 0).all()


def test_the_script_refuses_files_that_are_not_the_originals(folder):
    with pytest.raises(ValueError, match="is not MNIST's train-images-idx3-ubyte: its SHA-256 is"):
        make_digits.make_digits(folder, folder / "digits.npz")

    assert not (folder / "digits.npz").exists()


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_script_writes_the_same_bytes_whenever_it_runs(folder, digits, monkeypatch, pack):
    sha256 = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in make_digits.SHA256}
    monkeypatch.setattr(make_digits, "SHA256", sha256)
    monkeypatch.setattr(make_digits, "PER_CLASS", {"train": 1, "t10k": 1})
    outs = [folder / "first.npz", folder / "second.npz"]
    make_digits.make_digits(folder, outs[0])
    for name in sha256:
        write(find_idx(folder, name), pack((folder / name).read_bytes()))

    make_digits.make_digits(folder, outs[1])

    assert outs[0].read_bytes() == outs[1].read_bytes()
    with np.load(outs[0]) as made:
        assert sorted(made) == ["test_images", "test_labels", "train_images", "train_labels"]
        np.testing.assert_array_equal(made["train_images"], digits["train"][0])


def test_the_shipped_file_lies_inside_the_package():
    assert DIGITS.is_relative_to(Path(minigrad.datasets.__file__).parent)
