"""Rendering DOT: a `graphviz.Digraph` that finds a program to draw it, and says what to do where there is none."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import graphviz

KEEP_TEXT = 'picture.save("graph.gv") or print(picture.source)'  # the command line has another way to it
WAYS_OUT = f"""found no program that draws the picture; any one of these helps:
  1. install Graphviz itself (apt install graphviz, brew install graphviz, or https://graphviz.org/download)
  2. install the wheel that draws without it, in minigrad's folder: pip install -e ".[dot]"
  3. keep the DOT text, {KEEP_TEXT}, for another viewer; some are online
MINIGRAD_DOT=/path/to/dot names a program that lies elsewhere."""


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


class Picture(graphviz.Digraph):
    """A graph as DOT text (`source`, `save`), drawn by whatever `renderer()` finds (`pipe`, `render`, in notebooks).

    The graphviz package itself only runs the `dot` on the PATH, whatever its DOT_BINARY says; hence the two methods
    below, which everything else in it goes through. The format is SVG unless told otherwise: every renderer writes it.
    """

    def __init__(self, name=None, *, format="svg", **settings):
        super().__init__(name, format=format, **settings)

    def save(self, filename=None, directory=None, *, skip_existing=False):
        """Write the DOT text into a file, in a folder that is made if it is not there, and return the file's path.

        Raises OSError, saying which file and why, where it cannot be written.
        """
        try:
            return super().save(filename, directory=directory, skip_existing=skip_existing)
        except OSError as error:
            raise _unwritten(
                error, filename if directory is None else os.path.join(directory, filename or self.filename)
            ) from None

    def pipe(self, format=None, *, engine=None, encoding=None, quiet=False):
        """The drawing as bytes, or as text if an encoding is given.

        Raises ValueError for a format that does not exist or that the renderer cannot write, and RuntimeError where
        there is no renderer, or where it fails.
        """
        drawing = _draw(self.source, _known(format or self.format), engine or self.engine, quiet)
        return drawing if encoding is None else drawing.decode(encoding)

    def render(self, filename=None, directory=None, view=False, cleanup=False, format=None, *, outfile=None,
               engine=None, quiet=False, quiet_view=False):  # fmt: skip
        """Save the DOT text, draw it into the file `filename.format` beside it, and return that file's path.

        With outfile its ending gives the format, and the text is saved beside it under the ending .gv. cleanup deletes
        the text again; view opens the drawing. Raises as `pipe` does, before anything has been written.
        """
        if outfile is not None:
            format = format or Path(outfile).suffix.removeprefix(".")
            filename = filename or Path(outfile).with_suffix(".gv")
        format = _known(self.format if format is None else format)
        if outfile is not None and Path(outfile) == Path(filename):
            raise ValueError(f"draw: {outfile} would hold both the DOT text and its drawing; use save() for the text")
        drawing = _draw(self.source, format, engine or self.engine, quiet)
        text = self.save(filename, directory=directory)
        target = f"{text}.{format}" if outfile is None else os.path.join(self.directory, outfile)
        try:
            Path(target).write_bytes(drawing)
        except OSError as error:
            raise _unwritten(error, target) from None
        if cleanup:
            os.remove(text)
        if view or quiet_view:
            graphviz.view(target, quiet=quiet_view)
        return target

    def _repr_mimebundle_(self, include=None, exclude=None, **options):
        """What a notebook shows: the drawing, or, where nothing can draw it, how to get it drawn and the DOT text."""
        try:
            return super()._repr_mimebundle_(include, exclude, **options)
        except RuntimeError as error:
            return {"text/plain": f"{error}\n\n{self.source}"}


def _unwritten(error, path):
    """The same kind of error, telling what could not be written."""
    return type(error)(
        error.errno,
        f"draw: cannot write {path}: {error.strerror} ({error.filename}); "
        "give the path of a file, in a folder that you may write to",
    )


def _known(format):
    if not isinstance(format, str) or format.lower() not in graphviz.FORMATS:
        raise ValueError(f"draw: there is no format {format!r}; the common ones are svg, png, jpg and pdf")
    return format.lower()


def _draw(source, format, engine, quiet):
    """The DOT text drawn: what the renderer wrote to its output."""
    program = renderer()
    try:
        done = subprocess.run([program, f"-K{engine}", f"-T{format}"], input=source.encode(), capture_output=True)
    except OSError as error:
        raise RuntimeError(f"draw: {program} cannot be run: {error}") from None
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode and "not recognized" in said:
        raise ValueError(f"draw: {program} cannot write {format!r}; it says: {said}")
    if done.returncode:
        raise RuntimeError(f"draw: {program} failed with exit code {done.returncode}; it says: {said}")
    if said and not quiet:
        sys.stderr.write(f"{said}\n")
    return done.stdout
