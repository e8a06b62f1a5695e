"""An MLflow tracking server as docs/server.md sets it up: artifacts through it, host names named, accounts if asked for."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

from tests.postgres import free_port

ADMIN, PASSWORD = "admin", "a-long-password-of-admin"


@dataclass
class TrackingServer:
    """folder: of artifacts, accounts and the log; store: address of the database; accounts: whether one must log in."""

    folder: Path
    store: str
    accounts: str = ""
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ["--backend-store-uri", self.store, "--artifacts-destination", str(self.folder / "artifacts")]
        words += ["--serve-artifacts", "--host", "127.0.0.1", "--port", str(self.port), "--workers", "2"]
        words += ["--allowed-hosts", "127.0.0.1:*,sed.example"]
        env = {key: value for key, value in os.environ.items() if not key.startswith(("MLFLOW_", "KD_"))}
        if self.accounts:
            config = self.folder / "accounts.ini"
            config.write_text(
                f"[mlflow]\ndefault_permission = READ\ndatabase_uri = {self.accounts}\nadmin_username = {ADMIN}\n"
                "auth_cache_ttl_seconds = 60\n"
                "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
            )
            words += ["--app-name", "basic-auth"]
            env |= {
                "MLFLOW_AUTH_CONFIG_PATH": str(config),
                "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
                "MLFLOW_FLASK_SERVER_SECRET_KEY": "a-secret-of-this-server",
            }
        path = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mlflow", "server", *words],
                cwd=self.folder,
                env={**env, "PATH": path},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + 120
        while self.ask("/health") != 200:
            assert self.process.poll() is None and time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.2)

    def kill(self) -> None:
        """SIGKILL it with its workers."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def ask(self, path: str, *, host: str = "", body: object = None, origin: str = "") -> int:
        """The status of an answer; 0 where there is none."""
        headers = {
            "Content-Type": "application/json",
            **({"Host": host} if host else {}),
            **({"Origin": origin} if origin else {}),
        }
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", headers=headers, data=data)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return int(error.code)
        except OSError:
            return 0
