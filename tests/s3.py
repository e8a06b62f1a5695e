"""An S3 server of this machine."""

import contextlib
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.postgres import free_port

BUCKET = "kept"
needs_s3 = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("s3fs", "moto")), reason="s3fs or moto is absent"
)


@contextlib.contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """What the environment of those who use it holds; its bucket is `BUCKET`."""
    port = free_port()
    env = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, stdout=quiet, stderr=quiet)
    make = f"import boto3; boto3.client('s3').create_bucket(Bucket='{BUCKET}')"
    try:
        deadline = time.monotonic() + 60
        while subprocess.run([sys.executable, "-c", make], env={**os.environ, **env}, stderr=quiet).returncode:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.2)
        yield env
    finally:
        process.kill()
        process.wait()
