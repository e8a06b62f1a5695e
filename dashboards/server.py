"""`dashboard`: the reports of a store's jobs over HTTP, read-only."""

import logging
import os
import socket
from http.server import HTTPServer
from pathlib import Path

import flask
from werkzeug.exceptions import HTTPException
from werkzeug.serving import make_server

from dashboards.comparing import comparison_page, runs_named, side_of
from dashboards.jobs import jobs_page
from dashboards.library import Library
from dashboards.markup import Section, quiet
from dashboards.page import SCRIPTS, Page, plotly, static
from dashboards.report import page_of
from dashboards.settings import DashboardSettings, ReportSettings
from kd.config import say
from kd.errors import UserError
from kd.tracking.runs import Runs, is_run_id
from kd.tracking.store import open_store

PLOTLY = "plotly.min.js"
INTERRUPTED = 130  # the exit code of what Ctrl-C ends, as nothing else ends a server
BACK = "<p><a href='/'>all jobs</a></p>"
LOCAL = ("127.0.0.1", "localhost", "::1")
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
    ]
)


def dashboard(settings: DashboardSettings) -> int:
    """Serve until interrupted; returns the exit code."""
    if settings.data and not Path(settings.data).expanduser().is_dir():
        raise UserError(f"data={settings.data}: there is no such folder", "name the corpus folder, or leave it out")
    library = Library(Runs(open_store(there=True)), settings.data)
    hosts = LOCAL if settings.host in LOCAL else ()
    app = application(library, hosts=hosts, refresh=settings.refresh)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    place = listening(settings.host, settings.port)
    server = make_server(settings.host, settings.port, app, threaded=True, fd=place.fileno())
    name = f"[{settings.host}]" if ":" in settings.host else settings.host
    if not hosts:
        say("warning: whoever reaches this address can read the jobs of the store and hear their clips")
    say(f"dashboard: http://{name}:{place.getsockname()[1]}/ (it only shows; Ctrl-C ends it)")
    try:
        HTTPServer.serve_forever(server)
    except KeyboardInterrupt:
        say("dashboard: ended")
    return INTERRUPTED


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises UserError where it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, UnicodeError) as error:
        reason = (
            os.strerror(error.errno) if isinstance(error, OSError) and error.errno and error.errno > 0 else str(error)
        )
        raise UserError(f"cannot listen on {host}:{port}: {reason}", "give another port= or host=") from None


def application(library: Library, *, hosts: tuple[str, ...], refresh: int) -> flask.Flask:
    """The pages. hosts: the only names by which they may be asked for, so that no page from elsewhere reads them by another
    one; empty: any. refresh: seconds after which a page of a job at work looks for news."""
    app = flask.Flask(__name__, static_folder=None)

    @app.before_request
    def guard() -> None:
        host = flask.request.host
        name = host if host.endswith("]") or ":" not in host else host.rpartition(":")[0]
        if hosts and name.strip("[]").lower() not in hosts:
            flask.abort(403, f"this dashboard does not answer to the name {name!r}")
        if flask.request.method not in ("GET", "HEAD"):
            flask.abort(405, description="this dashboard only shows")

    @app.after_request
    def guarded(answer: flask.Response) -> flask.Response:
        answer.headers["Content-Security-Policy"] = POLICY
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        return answer

    @app.get("/")
    def index() -> str:
        return jobs_page(library.runs).served("static")

    @app.get("/runs/<run>/")
    def report(run: str) -> str:
        with library.lock:
            found = library.report(known(run))
            listed = found.listing(everything=True)
            data = {"classes": list(found.job.classes), "clips": listed}
            stated = f"All {len(listed)} clips of the scored splits."
            return page_of(found, data, stated=stated, refresh=refresh).served("../../static")

    @app.get("/runs/<run>/clip")
    def clip(run: str) -> flask.Response:
        row = flask.request.args.get("row", "")
        if not (row.isascii() and row.isdecimal() and len(row) < 10):
            raise UserError(f"row={row[:80]!r} is no number", "pick a clip of the list")
        with library.lock:
            return flask.jsonify(library.clip(known(run), flask.request.args.get("role", ""), int(row)))

    @app.get("/compare")
    def compare() -> str:
        named = runs_named(",".join(flask.request.args.getlist("run")))
        settings = ReportSettings(data=library.data)
        with library.lock:
            sides = [side_of(library.runs, run, settings) for run in named]
            return comparison_page(sides, resamples=settings.resamples).served("static")

    @app.get("/static/<name>")
    def script(name: str) -> flask.Response:
        if name not in (*SCRIPTS, PLOTLY):
            flask.abort(404, "there is no such script")
        code = plotly() if name == PLOTLY else static(name)
        return flask.Response(code, mimetype="text/javascript", headers={"Cache-Control": "max-age=3600"})

    @app.errorhandler(UserError)
    def refused(error: UserError) -> tuple[str | flask.Response, int]:
        return told(404, f"{error.message}: {error.hint}" if error.hint else error.message)

    @app.errorhandler(HTTPException)
    def wrong(error: HTTPException) -> tuple[str | flask.Response, int]:
        return told(error.code or 500, error.description or error.name)

    return app


def told(code: int, words: str) -> tuple[str | flask.Response, int]:
    """What stands in the way, as a sentence: on a page, or for the clip browser as JSON."""
    if flask.request.path.endswith("/clip"):
        return flask.jsonify(error=words), code
    return Page(title="Not shown", intro=BACK, sections=[Section("said", str(code), quiet(words))]).served(
        "/static"
    ), code


def known(run: str) -> str:
    """A run's id. Raises UserError for what is none."""
    if not is_run_id(run):
        raise UserError(f"{run[:80]!r} is no run's id", "follow a link of the list")
    return run
