"""The recipes with the real libraries, whose tokens come from a server on loopback that plays the
cloud: each token expires before the provider has taken it, and the next one is fetched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("azure.identity", reason="make test-keys installs what the recipes use")
sys.path.insert(0, str(Path(__file__).parents[1]))

from support import PACKAGE, Mock

EXPIRED = {"status": 401, "error": {"message": "the token has expired"}}
GOOD = {"answer": {"text": "Hello world"}}
# Less than the libraries' own margin, so that each question fetches another one.
LIFETIME_SECONDS = 30


class Cloud:
    """Gives tokens that are numbered, in the form of Azure's, Google's and AWS's endpoints."""

    def __init__(self) -> None:
        self.given = 0
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                cloud.respond(self)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length", 0)))
                cloud.respond(self)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        self.given += 1
        number = self.given
        ends = datetime.now(timezone.utc) + timedelta(seconds=LIFETIME_SECONDS)
        body: dict[str, Any] = {
            "access_token": f"token-{number}",
            "expires_in": LIFETIME_SECONDS,
            "token_type": "Bearer",
        }
        if handler.path.startswith("/azure"):
            body = {**body, "expires_on": str(int(time.time()) + LIFETIME_SECONDS)}
        if handler.path.startswith("/aws"):
            body = {
                "AccessKeyId": f"AKIA{number}",
                "SecretAccessKey": f"secret-{number}",
                "Token": f"token-{number}",
                "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
        data = json.dumps(body).encode()
        handler.send_response(200)
        handler.send_header("content-type", "application/json")
        handler.send_header("content-length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    cloud = Cloud()
    yield cloud
    cloud.server.shutdown()
    cloud.server.server_close()


@pytest.fixture(scope="module")
def mock() -> Iterator[Mock]:
    mock = Mock()
    yield mock
    mock.stop()


def run(name: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
    return subprocess.run(
        [sys.executable, f"samples/recipes/{name}"],
        cwd=PACKAGE,
        env={**clean, "NO_PROXY": "*", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def check_printed(ended: subprocess.CompletedProcess[str]) -> None:
    if "is unknown; known are" in ended.stderr or "did you mean" in ended.stderr:
        pytest.skip("this build has no such provider")
    assert (ended.returncode, ended.stdout) == (0, "Hello world\n"), ended.stderr


def sent(mock: Mock, key: str, header: str = "authorization") -> list[str]:
    requests = [dict(request["headers"]) for request in mock.seen(key)["requests"]]
    return [{name.lower(): value for name, value in one.items()}[header] for one in requests]


def test_azure_entra(mock, cloud):
    """A managed identity of App Service, as DefaultAzureCredential finds it."""
    key = mock.plan(EXPIRED, GOOD)

    ended = run(
        "azure_entra.py",
        AZURE_OPENAI_ENDPOINT=mock.base_url(key),
        IDENTITY_ENDPOINT=f"{cloud.address}/azure",
        IDENTITY_HEADER="header",
    )

    check_printed(ended)
    first, second = sent(mock, key)
    assert first.startswith("Bearer token-")
    assert second.startswith("Bearer token-")
    assert first != second


def service_account(cloud: Cloud, folder: Path) -> str:
    """Application default credentials: a key file, whose tokens come from loopback."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    fields = {
        "type": "service_account",
        "project_id": "my-project",
        "private_key_id": "1",
        "private_key": text.decode(),
        "client_email": "me@my-project.iam.gserviceaccount.com",
        "token_uri": f"{cloud.address}/google",
    }
    path = folder / "credentials.json"
    path.write_text(json.dumps(fields))
    return str(path)


def test_vertex(mock, cloud, tmp_path):
    chunk = {
        "candidates": [{"content": {"parts": [{"text": "Hello world"}]}, "finishReason": "STOP"}]
    }
    whole = {
        "status": 200,
        "headers": [["content-type", "application/json"]],
        "body": json.dumps(chunk),
    }
    key = mock.plan(EXPIRED, whole)

    ended = run(
        "vertex.py",
        GOOGLE_APPLICATION_CREDENTIALS=service_account(cloud, tmp_path),
        GOOGLE_VERTEX_BASE_URL=mock.base_url(key).removesuffix("/v1"),
    )

    check_printed(ended)
    first, second = sent(mock, key)
    assert first.startswith("Bearer token-")
    assert first != second


def test_bedrock(mock, cloud):
    """Credentials of a container, as on ECS and EKS."""
    reply = {
        "output": {"message": {"role": "assistant", "content": [{"text": "Hello world"}]}},
        "stopReason": "end_turn",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
    }
    whole = {
        "status": 200,
        "headers": [["content-type", "application/json"]],
        "body": json.dumps(reply),
    }
    refused = {
        "status": 403,
        "headers": [["x-amzn-errortype", "ExpiredTokenException"]],
        "body": json.dumps({"message": "The security token included in the request is expired"}),
    }
    key = mock.plan(refused, whole)

    ended = run(
        "bedrock.py",
        AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{cloud.address}/aws",
        AWS_ENDPOINT_URL_BEDROCK_RUNTIME=mock.base_url(key).removesuffix("/v1"),
        AWS_CONFIG_FILE="/nonexistent",
        AWS_SHARED_CREDENTIALS_FILE="/nonexistent",
        AWS_EC2_METADATA_DISABLED="true",
    )

    check_printed(ended)
    first, second = sent(mock, key, "x-amz-security-token")
    assert first.startswith("token-")
    assert first != second


@pytest.mark.parametrize("recipe", ["vertex.py", "bedrock.py"])
def test_the_function_of_a_recipe_renews_what_it_gives(cloud, tmp_path, recipe):
    """Also in a build without that provider: what the function returns is a key, and a new one."""
    source = (PACKAGE / "samples/recipes" / recipe).read_text(encoding="utf-8")
    name = "token" if recipe == "vertex.py" else "key"
    program = (
        source.split("\nllm = ")[0] + f"\nimport json\nprint(json.dumps([{name}(), {name}()]))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "NO_PROXY": "*",
            "GOOGLE_APPLICATION_CREDENTIALS": service_account(cloud, tmp_path),
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{cloud.address}/aws",
            "AWS_CONFIG_FILE": "/nonexistent",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    first, second = json.loads(ended.stdout)
    assert first != second
    if recipe == "bedrock.py":
        number = first["aws_session_token"].removeprefix("token-")
        assert first["aws_access_key_id"] == f"AKIA{number}"
        assert first["aws_secret_access_key"] == f"secret-{number}"
