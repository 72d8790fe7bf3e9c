"""Rendering DOT: a `graphviz.Digraph` that finds a program to draw it, and says what to do where there is none."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import NamedTuple

import graphviz

from minigrad.viz.files import write_whole

KEEP_TEXT = 'picture.save("graph.gv") or print(picture.source)'  # the command line has another way to it
WAYS_OUT = f"""found no program that draws the picture; any one of these helps:
  1. install Graphviz itself (apt install graphviz, brew install graphviz, or https://graphviz.org/download)
  2. install the wheel that draws without it, in minigrad's folder: pip install -e ".[dot]"
  3. keep the DOT text, {KEEP_TEXT}, for another viewer; some are online
MINIGRAD_DOT=/path/to/dot names a program that lies elsewhere."""
SIGNATURES = {"svg": b"<svg", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF", "gif": b"GIF8", "jpg": b"\xff\xd8"}
HEAD = 4096  # bytes of a drawing, among which its signature is


def renderer() -> str:
    """The path of the program that draws DOT: $MINIGRAD_DOT, else `dot` on the PATH, else the wheel's `graphviz-pure`.

    Raises RuntimeError, with the ways out, when there is none.
    """
    chosen = os.environ.get("MINIGRAD_DOT")
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise RuntimeError(
                f"draw: MINIGRAD_DOT is {chosen!r}, but no such program can be run; "
                "give the path of Graphviz' dot, or unset the variable"
            )
        return found
    found = shutil.which("dot") or shutil.which("graphviz-pure", path=os.pathsep.join(_script_folders()))
    if found is None:
        raise RuntimeError(f"draw: {WAYS_OUT}")
    return found


def _script_folders():
    """Where pip puts programs, whether or not that is on the PATH; a venv's are beside its Python."""
    user = sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))
    path = os.environ.get("PATH", os.defpath)
    return [os.path.dirname(sys.executable), sysconfig.get_path("scripts"), user, path]


class How(NamedTuple):
    """How a program is to draw; what the names mean, Graphviz says."""

    engine: str
    renderer: str | None
    formatter: str | None
    neato_no_op: int | None


class Picture(graphviz.Digraph):
    """A graph as DOT text (`source`, `save`), drawn by whatever `renderer()` finds (`pipe`, `render`, in notebooks).

    The graphviz package itself only runs the `dot` on the PATH, whatever its DOT_BINARY says; hence the two methods
    below, which everything else in it goes through. The format is SVG unless told otherwise: every renderer writes it.
    """

    def __init__(self, name=None, *, format="svg", **settings):
        super().__init__(name, format=format, **settings)

    def save(self, filename=None, directory=None, *, skip_existing=False):
        """Write the DOT text into a file, all of it or nothing, and return the file's path; a missing folder is made.

        Raises OSError, saying which file and why, where it cannot be written.
        """
        self.filename = self.filename if filename is None else filename
        self.directory = self.directory if directory is None else directory
        if not (skip_existing and os.path.exists(self.filepath)):
            self._write(self.filepath, self.source.encode(self.encoding))
        return self.filepath

    def _write(self, path, content):
        """Write content into path, all of it or nothing, in a folder that is made if it is not there."""
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, content)
        except OSError as error:
            raise _unwritten(error, path) from None

    def pipe(self, format=None, *, encoding=None, quiet=False, **how):
        """The drawing as bytes, or as text if an encoding is given.

        how: engine, renderer, formatter and neato_no_op, as for any graphviz.Digraph. Raises ValueError for a format
        that does not exist or that the renderer cannot write, and RuntimeError where there is no renderer, or where it
        fails.
        """
        drawing = _draw(self.source, _known(format or self.format), self._how(**how), quiet)
        return drawing if encoding is None else drawing.decode(encoding)

    def _how(self, engine=None, renderer=None, formatter=None, neato_no_op=None):
        """How a program is to draw; what is left out as the picture has it."""
        how = How(engine or self.engine, renderer or self.renderer, formatter or self.formatter, neato_no_op)
        if how.formatter and not how.renderer:
            raise ValueError(f"draw: formatter={how.formatter!r} is a part of a renderer; give renderer=, too")
        return how

    def render(self, filename=None, directory=None, view=False, cleanup=False, format=None, *, outfile=None,
               quiet=False, quiet_view=False, raise_if_result_exists=False, overwrite_source=False, **how):  # fmt: skip
        """Save the DOT text, draw it into the file `filename.format` beside it, and return that file's path.

        With outfile its ending gives the format, and the text is saved beside it under the ending .gv. cleanup deletes
        the text again; view opens the drawing; overwrite_source lets the drawing take the place of the text, and
        raise_if_result_exists keeps it from taking that of an older file, by a FileExistsError. how: as for `pipe`.
        Raises as `pipe` does, before anything has been written.
        """
        if outfile is not None:
            format = format or Path(outfile).suffix.removeprefix(".")
            filename = filename or Path(outfile).with_suffix(".gv")
        format, how = _known(self.format if format is None else format), self._how(**how)
        folder, name = (own if x is None else x for x, own in ((directory, self.directory), (filename, self.filename)))
        ending = ".".join(filter(None, (how.formatter, how.renderer, format)))
        target = os.path.join(folder, outfile or f"{name}.{ending}")
        is_one = os.path.abspath(target) == os.path.abspath(os.path.join(folder, name))
        if is_one and not overwrite_source:
            raise ValueError(f"draw: {outfile} would hold both the DOT text and its drawing; use save() for the text")
        if raise_if_result_exists and os.path.exists(target):
            raise graphviz.FileExistsError(f"draw: {target} is there already; give another name, or delete it")
        drawing = _draw(self.source, format, how, quiet)
        text = self.save(filename, directory=directory)
        self._write(target, drawing)
        if cleanup and not is_one:
            os.remove(text)
        if view or quiet_view:
            graphviz.view(target, quiet=quiet_view)
        return target

    def unflatten(self, stagger=None, fanout=False, chain=None):
        """The DOT text, rewritten by Graphviz' own program unflatten, as a graphviz.Source.

        Raises RuntimeError where Graphviz itself is not installed: the wheel that draws has no such program.
        """
        try:
            return super().unflatten(stagger=stagger, fanout=fanout, chain=chain)
        except graphviz.ExecutableNotFound:
            raise RuntimeError(
                "draw: unflatten is a program of Graphviz itself, which was not found; install that (apt install "
                "graphviz, brew install graphviz), or draw with another rankdir or depth"
            ) from None

    def __repr__(self):
        return '<Picture: .render("graph") writes graph.svg, .source is its DOT text, and notebooks show it>'

    def _repr_mimebundle_(self, include=None, exclude=None, **options):
        """What a notebook shows: the drawing, or, where nothing can draw it, how to get it drawn and the DOT text."""
        try:
            return super()._repr_mimebundle_(include, exclude, **options)
        except RuntimeError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}


def _unwritten(error, path):
    """The same kind of error, telling what could not be written."""
    named = error.filename is None or os.fspath(error.filename) == os.fspath(path)
    where = "" if named else f" ({error.filename})"  # a folder that could not be made
    return type(error)(
        error.errno,
        f"draw: cannot write {path}: {error.strerror or error}{where}; "
        "give the path of a file, in a folder that you may write to",
    )


def _known(format):
    if not isinstance(format, str) or format.lower() not in graphviz.FORMATS:
        raise ValueError(f"draw: there is no format {format!r}; the common ones are svg, png, jpg and pdf")
    return format.lower()


def _draw(source, format, how, quiet):
    """The DOT text drawn: what the renderer wrote to its output."""
    program = renderer()
    command = [program, f"-K{how.engine}", f"-T{':'.join(filter(None, (format, how.renderer, how.formatter)))}"]
    if how.neato_no_op is not None:
        command.append(f"-n{how.neato_no_op:d}")
    try:
        done = subprocess.run(command, input=source.encode(), capture_output=True)
    except OSError as error:
        raise RuntimeError(f"draw: {program} cannot be run: {error}") from None
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode and "not recognized" in said:
        raise ValueError(
            f"draw: {program} cannot write {format!r}; Graphviz itself writes the common ones (apt install graphviz, "
            f"brew install graphviz); it says: {said}"
        )
    if done.returncode:
        raise RuntimeError(f"draw: {program} failed with exit code {done.returncode}; it says: {said}")
    if not done.stdout or SIGNATURES.get(format, b"") not in done.stdout[:HEAD]:
        raise RuntimeError(
            f"draw: {program} wrote no {format}, but {done.stdout[:40]!r}{f', and said: {said:.200}' if said else ''}; "
            "let MINIGRAD_DOT name a program that draws DOT, such as Graphviz' dot, or unset it"
        )
    if said and not quiet:
        sys.stderr.write(f"{said}\n")
    return done.stdout
