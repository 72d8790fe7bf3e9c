import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import graphviz
import pytest

import minigrad as mg
from minigrad.viz import dot, draw
from minigrad.viz.dot import renderer

ECHO = "import sys; print('<svg', sys.argv[1:], sys.stdin.read())"


def picture():
    x = mg.tensor(3.0, requires_grad=True, name="x")
    return draw(x * x)


@pytest.fixture
def no_renderer(only_the_wheel, monkeypatch):
    monkeypatch.setattr(dot, "_script_folders", list)


# ---- which program ---------------------------------------------------------------------------------------------------


def test_the_wheels_program_is_found_beside_python_though_not_on_the_path(only_the_wheel):
    assert Path(renderer()).stem == "graphviz-pure"


def test_dot_on_the_path_comes_before_the_wheel(only_the_wheel, program, monkeypatch):
    path = program("dot", ECHO)
    monkeypatch.setenv("PATH", str(path.parent))

    assert renderer() == str(path)
    assert picture().pipe(encoding="utf-8") == f"<svg ['-Kdot', '-Tsvg'] {picture().source}\n"


def test_minigrad_dot_comes_before_everything(only_the_wheel, program, monkeypatch):
    path, other = program("mine", ECHO), program("dot", "raise SystemExit(1)")
    monkeypatch.setenv("PATH", str(other.parent))
    monkeypatch.setenv("MINIGRAD_DOT", str(path))

    assert renderer() == str(path)
    assert picture().pipe("plain", engine="neato").startswith(b"<svg ['-Kneato', '-Tplain'] digraph")


def test_minigrad_dot_may_be_the_name_of_a_program_on_the_path(only_the_wheel, program, monkeypatch):
    path = program("mine", ECHO)
    monkeypatch.setenv("PATH", str(path.parent))
    monkeypatch.setenv("MINIGRAD_DOT", "mine")

    assert renderer() == str(path)


def test_an_empty_minigrad_dot_is_none(only_the_wheel, monkeypatch):
    monkeypatch.setenv("MINIGRAD_DOT", "")

    assert Path(renderer()).stem == "graphviz-pure"


def test_minigrad_dot_that_is_no_program_is_an_error_even_if_others_are_there(only_the_wheel, monkeypatch):
    monkeypatch.setenv("MINIGRAD_DOT", "/nowhere/dot")

    with pytest.raises(RuntimeError, match="MINIGRAD_DOT is '/nowhere/dot', but no such program can be run; give"):
        picture().pipe()


# ---- no program ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", [lambda p: p.pipe(), lambda p: p.render("graph"), lambda p: p.view()])
def test_without_any_renderer_the_error_names_three_ways_out(no_renderer, call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(RuntimeError, match="found no program that draws") as caught:
        call(picture())

    assert not isinstance(caught.value, graphviz.ExecutableNotFound)
    for way_out in ("install Graphviz itself", 'pip install -e ".[dot]"', 'picture.save("graph.gv")', "MINIGRAD_DOT"):
        assert way_out in str(caught.value)


def test_without_any_renderer_the_dot_text_is_still_there(no_renderer, tmp_path):
    text = picture()

    path = text.save(tmp_path / "graph.gv")

    assert Path(path).read_text() == text.source
    assert text.source.startswith("digraph {")


def test_without_any_renderer_a_notebook_shows_the_ways_out_and_the_dot_text(no_renderer):
    shown = picture()._repr_mimebundle_()

    assert list(shown) == ["text/plain"]
    assert "install Graphviz itself" in shown["text/plain"]
    assert picture().source in shown["text/plain"]


# ---- drawing ---------------------------------------------------------------------------------------------------------


def test_a_picture_is_a_digraph():
    assert isinstance(picture(), graphviz.Digraph)


def test_pipe_gives_svg_by_default(only_the_wheel):
    root = ElementTree.fromstring(picture().pipe())

    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "9" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_pipe_gives_png(only_the_wheel):
    assert picture().pipe("png").startswith(b"\x89PNG")


def test_pipe_says_nothing_about_a_picture_of_minigrads(only_the_wheel, capfd):
    picture().pipe()

    assert capfd.readouterr() == ("", "")


def test_a_notebook_shows_svg(only_the_wheel):
    shown = picture()._repr_mimebundle_()

    assert list(shown) == ["image/svg+xml"]
    assert "</svg>" in shown["image/svg+xml"]


def test_render_writes_the_text_and_the_drawing_beside_it(only_the_wheel, tmp_path):
    path = picture().render("graph", directory=tmp_path / "new")

    assert path == str(tmp_path / "new" / "graph.svg")
    assert "</svg>" in Path(path).read_text()
    assert (tmp_path / "new" / "graph").read_text() == picture().source


def test_render_takes_the_format_from_the_ending_of_outfile(only_the_wheel, tmp_path):
    path = picture().render(outfile=tmp_path / "graph.PNG", cleanup=True)

    assert sorted(os.listdir(tmp_path)) == ["empty", "graph.PNG"]
    assert Path(path).read_bytes().startswith(b"\x89PNG")


def test_render_with_an_outfile_leaves_the_text_beside_it(only_the_wheel, tmp_path):
    picture().render(outfile=tmp_path / "graph.svg")

    assert (tmp_path / "graph.gv").read_text() == picture().source


def test_render_refuses_to_write_text_and_drawing_into_one_file(only_the_wheel, tmp_path):
    with pytest.raises(ValueError, match=r"graph\.gv would hold both the DOT text and its drawing; use save\(\)"):
        picture().render(outfile=tmp_path / "graph.gv")


def test_view_opens_the_drawing(only_the_wheel, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(graphviz, "view", lambda path, quiet: opened.append(path))

    picture().view("graph", directory=tmp_path)

    assert opened == [str(tmp_path / "graph.svg")]


# ---- what any Digraph takes ----


def test_renderer_formatter_and_neatos_flag_are_passed_on(only_the_wheel, program, monkeypatch, tmp_path):
    monkeypatch.setenv("MINIGRAD_DOT", str(program("dot", ECHO)))

    said = picture().pipe("svg", renderer="cairo", formatter="core", neato_no_op=2, engine="neato")
    path = picture().render("graph", directory=tmp_path, renderer="cairo", formatter="core", neato_no_op=True)

    assert said.startswith(b"<svg ['-Kneato', '-Tsvg:cairo:core', '-n2'] digraph")
    assert path == str(tmp_path / "graph.core.cairo.svg")
    assert Path(path).read_text().startswith("<svg ['-Kdot', '-Tsvg:cairo:core', '-n1'] digraph")


def test_a_formatter_without_a_renderer_is_an_error():
    with pytest.raises(ValueError, match="draw: formatter='core' is a part of a renderer; give renderer=, too"):
        picture().pipe(formatter="core")


def test_render_can_be_kept_from_replacing_a_drawing(only_the_wheel, tmp_path):
    (tmp_path / "graph.svg").write_text("old")

    with pytest.raises(FileExistsError, match=r"draw: .*graph\.svg is there already; give another name"):
        picture().render(outfile=tmp_path / "graph.svg", raise_if_result_exists=True)

    assert (tmp_path / "graph.svg").read_text() == "old"
    assert not (tmp_path / "graph.gv").exists()
    assert Path(picture().render(outfile=tmp_path / "new.svg", raise_if_result_exists=True)).exists()


@pytest.mark.parametrize("cleanup", [True, False])
def test_the_drawing_may_take_the_place_of_the_text_where_that_is_asked_for(only_the_wheel, tmp_path, cleanup):
    path = tmp_path / "graph.svg"

    picture().render(filename=path, outfile=path, overwrite_source=True, cleanup=cleanup)

    assert "</svg>" in path.read_text()
    assert sorted(os.listdir(tmp_path)) == ["empty", "graph.svg"]


def test_unflatten_without_graphviz_itself_is_an_error_that_says_so(only_the_wheel):
    with pytest.raises(RuntimeError, match="draw: unflatten is a program of Graphviz itself, which was not") as caught:
        picture().unflatten()

    assert not isinstance(caught.value, graphviz.ExecutableNotFound)


def test_unflatten_gives_what_graphviz_own_program_does(only_the_wheel, program, monkeypatch):
    path = program("unflatten", "import sys; print(sys.argv[1:], sys.stdin.read())")
    monkeypatch.setenv("PATH", str(path.parent))

    assert picture().unflatten(stagger=3).source == f"['-l', '3'] {picture().source}\n"


# ---- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["bmpp", "", "svg:cairo"])
def test_a_format_that_does_not_exist_is_a_value_error_and_nothing_is_written(name, tmp_path, only_the_wheel):
    with pytest.raises(ValueError, match=f"there is no format {name!r}; the common ones are svg, png, jpg and pdf"):
        picture().render(outfile=tmp_path / f"graph.{name}")

    assert os.listdir(tmp_path) == ["empty"]


@pytest.mark.parametrize("format", [3, ["svg"]])
def test_a_format_that_is_no_text_is_a_value_error(format):
    with pytest.raises(ValueError, match="there is no format"):
        picture().pipe(format)


def test_a_missing_folder_is_made(only_the_wheel, tmp_path):
    path = picture().render(outfile=tmp_path / "a" / "b" / "graph.svg")

    assert Path(path).exists()
    assert Path(picture().save(tmp_path / "c" / "graph.gv")).read_text() == picture().source


@pytest.mark.parametrize(
    "write", [lambda p, path: p.save(path), lambda p, path: p.render(outfile=path.with_suffix(".svg"))]
)
def test_a_folder_that_cannot_be_made_is_an_error_that_names_the_file(only_the_wheel, tmp_path, write):
    (tmp_path / "file").touch()

    with pytest.raises(OSError, match=r"draw: cannot write .*graph\.gv: .*file\); give the path of a file, in"):
        write(picture(), tmp_path / "file" / "graph.gv")


def test_a_folder_in_the_place_of_the_drawing_is_an_error_that_names_it(only_the_wheel, tmp_path):
    (tmp_path / "graph.svg").mkdir()

    with pytest.raises(OSError, match=r"draw: cannot write .*graph\.svg: .*; give the path of a file, in a folder"):
        picture().render(outfile=tmp_path / "graph.svg")


def test_a_format_that_the_renderer_cannot_write_is_a_value_error_that_quotes_it_and_says_what_can(only_the_wheel):
    with pytest.raises(ValueError, match=r"graphviz-pure.* cannot write 'pdf'; Graphviz itself .*; it says: .*svg"):
        picture().pipe("pdf")


def test_a_renderer_that_fails_is_a_runtime_error_that_quotes_it(only_the_wheel, program, monkeypatch):
    path = program("dot", "import sys; sys.exit('out of paper')")
    monkeypatch.setenv("MINIGRAD_DOT", str(path))

    with pytest.raises(RuntimeError, match="dot failed with exit code 1; it says: out of paper"):
        picture().pipe()


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "gif", "jpg", "plain"])
def test_a_renderer_that_writes_nothing_is_a_runtime_error(only_the_wheel, program, monkeypatch, format):
    monkeypatch.setenv("MINIGRAD_DOT", str(program("dot", "import sys; print('what?', file=sys.stderr)")))

    with pytest.raises(RuntimeError, match=rf"dot wrote no {format}, but b'', and said: what\?; let MINIGRAD_DOT name"):
        picture().pipe(format)


@pytest.mark.parametrize("format", ["svg", "png", "pdf", "gif", "jpg"])
def test_a_renderer_that_writes_something_else_is_a_runtime_error_and_nothing_is_written(
    only_the_wheel, program, monkeypatch, tmp_path, format
):
    monkeypatch.setenv("MINIGRAD_DOT", str(program("dot", "print('garbage')")))

    with pytest.raises(RuntimeError, match=rf"dot wrote no {format}, but b'garbage.*'; let MINIGRAD_DOT name"):
        picture().render(outfile=tmp_path / f"graph.{format}")

    assert sorted(os.listdir(tmp_path)) == ["empty", "has_dot"]


def test_a_renderer_that_is_not_a_program_is_a_runtime_error(only_the_wheel, program, monkeypatch):
    path = program("dot", "")
    path.write_text("#!/nowhere/python\n")
    monkeypatch.setenv("MINIGRAD_DOT", str(path))

    with pytest.raises(RuntimeError, match="dot cannot be run: "):
        picture().pipe()


def test_what_the_renderer_warns_of_is_passed_on_unless_quiet(only_the_wheel, program, monkeypatch, capsys):
    path = program("dot", "import sys; print('<svg/>'); print('odd', file=sys.stderr)")
    monkeypatch.setenv("MINIGRAD_DOT", str(path))

    picture().pipe(quiet=True)
    quiet = capsys.readouterr().err
    picture().pipe()

    assert (quiet, capsys.readouterr().err) == ("", "odd\n")


# ---- what is loaded --------------------------------------------------------------------------------------------------


def test_minigrad_loads_no_graphviz_and_pictures_no_matplotlib():
    code = (
        "import sys, minigrad; print('graphviz' in sys.modules); "
        "minigrad.viz.draw; print('graphviz' in sys.modules, 'matplotlib' in sys.modules)"
    )

    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert said.split() == ["False", "True", "False"]


def test_the_public_names_are_sorted():
    assert mg.viz.__all__ == sorted(mg.viz.__all__)


def test_a_picture_says_in_a_terminal_what_to_do_with_it():
    x = mg.tensor(2.0, requires_grad=True)

    assert repr(draw(x * x)).startswith('<Picture: .render("graph") writes graph.svg')
