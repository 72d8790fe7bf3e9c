import gzip
import hashlib
import os
import re
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from minigrad.datasets import MNIST, download, fetch_mnist
from minigrad.datasets.download import MIRRORS, SHA256


def idx(array):
    """The bytes of an IDX file that holds an uint8 array."""
    return bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def originals():
    """Four small files in the place of MNIST's, by name: three images for training and two for testing."""
    random = np.random.default_rng(0)
    sets = [("train", 3), ("t10k", 2)]
    images = {f"{part}-images-idx3-ubyte": idx(random.integers(0, 256, (n, 28, 28), np.uint8)) for part, n in sets}
    labels = {f"{part}-labels-idx1-ubyte": idx(np.arange(n, dtype=np.uint8)) for part, n in sets}
    return images | labels


FILES = originals()
SUMS = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
FIRST = next(iter(FILES))


class Mirror(BaseHTTPRequestHandler):
    """Serves FILES zipped; the first part of an address says what goes wrong: /404/…, /cut/…, and /right/… nothing."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, way, name = self.path.split("/")
        self.server.asked.append((way, name))
        content = gzip.compress(FILES[name.removesuffix(".gz")])
        getattr(self, f"answer_{way}")(content)

    def answer_right(self, content):
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def answer_rezipped(self, content):  # as another mirror may zip it: other bytes, the same file
        self.answer_right(gzip.compress(gzip.decompress(content), compresslevel=1, mtime=12345))

    def answer_decoded(self, content):  # by a server that calls the zip an encoding, which the client undoes
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def answer_404(self, content):
        self.send_error(404)

    def answer_503(self, content):
        self.send_error(503)

    def answer_wrong(self, content):  # a good zip file of something else
        self.answer_right(gzip.compress(gzip.decompress(content)[:-1] + b"\x77"))

    def answer_page(self, content):  # as of a hotel's wireless network
        self.answer_right(b"<html>Please log in</html>")

    def answer_empty(self, content):
        self.answer_right(b"")

    def answer_cut(self, content):  # the connection drops half way
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.close_connection = True

    def answer_short(self, content):  # and again, by a server that had not said how much there is
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.close_connection = True

    def answer_silent(self, content):
        self.close_connection = True

    def answer_hanging(self, content):
        self.server.ended.wait()
        self.close_connection = True

    def answer_patchy(self, content):  # has all but the test set's labels
        if "t10k-labels" in self.path:
            self.send_error(404)
        else:
            self.answer_right(content)

    def log_message(self, *args):
        pass


FAULTS = {
    "404": "answered 404 Not Found",
    "503": "answered 503 Service Unavailable",
    "wrong": "sent something else (damaged, or with a wrong SHA-256)",
    "page": "sent something else (damaged, or with a wrong SHA-256)",
    "empty": "sent something else (damaged, or with a wrong SHA-256)",
    "cut": "did not answer, or broke off (ChunkedEncodingError)",
    "short": "sent something else (damaged, or with a wrong SHA-256)",
    "silent": "did not answer, or broke off (ConnectionError)",
}


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        server.asked, server.ended = [], threading.Event()
        server.mirror = lambda way: f"http://127.0.0.1:{server.server_port}/{way}/"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()


def fetch(folder, server, *ways, **options):
    return fetch_mnist(folder, mirrors=[server.mirror(way) for way in ways], sha256=SUMS, **options)


def contents(folder):
    """What lies in a folder, hidden files included, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


@pytest.fixture
def without_pooch(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)


# A mirror that answers.


@pytest.mark.parametrize("way", ["right", "rezipped", "decoded"])
def test_the_four_files_are_downloaded_and_unzipped(tmp_path, server, way):
    folder = fetch(tmp_path / "new" / "folder", server, way)

    assert folder == tmp_path / "new" / "folder"
    assert contents(folder) == FILES
    assert server.asked == [(way, f"{name}.gz") for name in SUMS]


def test_the_folder_is_what_mnist_reads(tmp_path, server):
    folder = fetch(tmp_path, server, "right")

    assert (len(MNIST(folder)), len(MNIST(folder, train=False))) == (3, 2)


def test_an_address_may_end_with_a_slash_or_without(tmp_path, server):
    fetch_mnist(tmp_path, mirrors=[server.mirror("right").rstrip("/")], sha256=SUMS)

    assert contents(tmp_path) == FILES


def test_a_progress_bar_is_drawn_when_asked_for(tmp_path, server, capsys):
    fetch(tmp_path, server, "right", progressbar=True)

    assert "100%" in capsys.readouterr().err


# What is there already.


def test_what_is_there_is_not_downloaded_again(tmp_path, server):
    fetch(tmp_path, server, "right")
    server.asked.clear()

    fetch(tmp_path, server, "right")

    assert server.asked == []


@pytest.mark.parametrize(("pack", "ending"), [(bytes, ""), (gzip.compress, ".gz")])
def test_files_put_there_by_hand_are_used_and_need_no_pooch(tmp_path, server, without_pooch, pack, ending):
    for name, content in FILES.items():
        (tmp_path / f"{name}{ending}").write_bytes(pack(content))

    assert fetch(tmp_path, server, "right") == tmp_path
    assert server.asked == []


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("damaged", [b"", b"something else", gzip.compress(FILES[FIRST], mtime=0)[:50]])
def test_a_damaged_file_is_downloaded_again_and_no_longer_read(tmp_path, server, damaged, ending):
    fetch(tmp_path, server, "right")
    (tmp_path / FIRST).unlink()
    (tmp_path / f"{FIRST}{ending}").write_bytes(damaged)
    server.asked.clear()

    fetch(tmp_path, server, "right")

    assert server.asked == [("right", f"{FIRST}.gz")]
    assert (tmp_path / FIRST).read_bytes() == FILES[FIRST]
    assert len(MNIST(tmp_path)) == 3


# Mirrors that do not have it.


@pytest.mark.parametrize(("way", "reason"), FAULTS.items())
def test_when_the_only_mirror_fails_nothing_stays_and_the_error_says_what_happened(tmp_path, server, way, reason):
    address = f"{server.mirror(way)}{FIRST}.gz"
    message = f"no mirror gave {FIRST}: {address} {reason}; check the connection, or download the four files yourself"

    with pytest.raises(OSError, match=re.escape(message)):
        fetch(tmp_path, server, way)

    assert contents(tmp_path) == {}


@pytest.mark.parametrize("way", FAULTS)
def test_when_one_mirror_fails_the_next_is_asked(tmp_path, server, way):
    fetch(tmp_path, server, way, "right")

    assert contents(tmp_path) == FILES
    assert server.asked == [(each, f"{name}.gz") for name in SUMS for each in (way, "right")]


def test_a_mirror_that_nobody_runs_is_passed_over(tmp_path, server):
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as gone:
        nobody = f"http://127.0.0.1:{gone.server_port}"

    fetch_mnist(tmp_path, mirrors=[nobody, server.mirror("right")], sha256=SUMS)

    assert contents(tmp_path) == FILES


def test_a_mirror_that_says_nothing_is_passed_over(tmp_path, server, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.1)

    fetch(tmp_path, server, "hanging", "right")

    assert contents(tmp_path) == FILES


def test_when_all_mirrors_fail_each_has_its_reason(tmp_path, server):
    with pytest.raises(OSError, match=r"/404/\S+ answered 404 Not Found; \S+/cut/\S+ did not answer, or broke off"):
        fetch(tmp_path, server, "404", "cut")

    assert contents(tmp_path) == {}


def test_files_that_came_whole_stay_and_only_the_missing_one_is_asked_for_next_time(tmp_path, server):
    missing = "t10k-labels-idx1-ubyte"
    with pytest.raises(OSError, match=f"no mirror gave {missing}"):
        fetch(tmp_path, server, "patchy")
    assert contents(tmp_path) == {name: content for name, content in FILES.items() if name != missing}
    server.asked.clear()

    fetch(tmp_path, server, "right")

    assert contents(tmp_path) == FILES
    assert server.asked == [("right", f"{missing}.gz")]


def test_a_file_with_a_wrong_checksum_does_not_replace_what_was_there(tmp_path, server):
    (tmp_path / FIRST).write_bytes(b"mine")

    with pytest.raises(OSError, match="no mirror gave"):
        fetch(tmp_path, server, "wrong", "cut")

    assert contents(tmp_path) == {FIRST: b"mine"}


def test_an_interrupt_half_way_leaves_nothing(tmp_path, server, monkeypatch):
    import requests

    def interrupted(self, chunk_size):
        yield b"half"
        raise KeyboardInterrupt

    monkeypatch.setattr(requests.Response, "iter_content", interrupted)

    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, server, "right", "right")
    assert contents(tmp_path) == {}


def test_a_folder_that_cannot_be_made_is_not_blamed_on_the_mirrors(tmp_path, server):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(OSError, match="file") as caught:
        fetch(tmp_path / "file" / "folder", server, "right")

    assert "mirror" not in str(caught.value)
    assert server.asked == []


@pytest.mark.parametrize("mirrors", [(), [], "http://127.0.0.1/", None, [None]])
def test_no_list_of_mirrors_raises(tmp_path, mirrors):
    with pytest.raises(ValueError, match=re.escape(f"must be a list of at least one address, given {mirrors!r}")):
        fetch_mnist(tmp_path, mirrors=mirrors)


# Where files go when nobody says where.


def test_minigrad_data_names_the_folder_of_data_sets(tmp_path, server, monkeypatch):
    monkeypatch.setenv("MINIGRAD_DATA", str(tmp_path))

    assert fetch(None, server, "right") == tmp_path / "mnist"
    assert contents(tmp_path / "mnist") == FILES


def test_a_tilde_in_minigrad_data_is_the_home_folder(tmp_path, server, monkeypatch):
    monkeypatch.setenv("MINIGRAD_DATA", os.path.join("~", "data"))
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))

    assert fetch(None, server, "right") == tmp_path / "data" / "mnist"


@pytest.mark.parametrize("unset", [None, ""])
def test_without_it_the_system_says_where_caches_go(tmp_path, server, monkeypatch, unset):
    import pooch

    monkeypatch.delenv("MINIGRAD_DATA", raising=False)
    if unset is not None:
        monkeypatch.setenv("MINIGRAD_DATA", unset)
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)

    assert fetch(None, server, "right") == tmp_path / "minigrad" / "mnist"


# Without pooch.


@pytest.mark.parametrize("chosen", [True, False])
def test_without_pooch_the_error_names_both_ways_out(tmp_path, server, without_pooch, monkeypatch, chosen):
    monkeypatch.delenv("MINIGRAD_DATA", raising=False)
    ways = (
        'downloading needs pooch; pip install -e ".[data]", or download the four files yourself and name their folder'
    )

    with pytest.raises(ImportError, match=f"{re.escape(ways)}: minigrad train mnist --full --data FOLDER"):
        fetch(tmp_path if chosen else None, server, "right")
    assert server.asked == []


# The real ones, which no test may ask.


def test_the_mirrors_are_public_and_asked_over_https():
    assert len(MIRRORS) >= 2
    assert all(re.fullmatch(r"https://[a-z0-9.-]+\.(com|org)/[a-z/-]+/", mirror) for mirror in MIRRORS)


class NoNetwork:
    """A downloader that notes what it is asked for, and has none of it."""

    def __init__(self, asked):
        self.asked = asked

    def __call__(self, url, path, pooch):
        self.asked.append(url)
        raise ValueError("no network here")


def test_mnist_is_what_is_fetched_by_default(tmp_path, monkeypatch):
    import pooch

    asked, made_with = [], []
    monkeypatch.setattr(pooch, "HTTPDownloader", lambda **options: made_with.append(options) or NoNetwork(asked))

    with pytest.raises(OSError, match="no mirror gave train-images-idx3-ubyte"):
        fetch_mnist(tmp_path)

    assert asked == [f"{mirror}train-images-idx3-ubyte.gz" for mirror in MIRRORS]
    assert made_with[0]["timeout"] == 30
    assert list(SHA256) == [
        f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")
    ]
