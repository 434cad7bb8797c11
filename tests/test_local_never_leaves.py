"""Local work connects to nothing but this machine, whatever a person's settings say.

It runs in a network namespace that has a loopback and no route: the kernel counts each attempt to
send anything elsewhere, name look-ups included (proc(5), /proc/net/snmp, OutNoRoutes).
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from console.checkout import ROOT
from sandbox.environment import local

if TYPE_CHECKING:
    from pathlib import Path

ELSEWHERE = "http://192.0.2.1:3128"  # RFC 5737: nobody's
NAMESPACE = ["unshare", "--map-root-user", "--net"]
WATCH = """
import fcntl, socket, struct, subprocess, sys

def unroutable():
    names, values = (line.split() for line in open("/proc/net/snmp") if line.startswith("Ip:"))
    six = dict(line.split() for line in open("/proc/net/snmp6"))
    return int(values[names.index("OutNoRoutes")]) + int(six.get("Ip6OutNoRoutes", 0))

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    up = struct.pack("16sh", b"lo", 0x41)  # IFF_UP | IFF_RUNNING
    fcntl.ioctl(probe, 0x8914, up)  # SIOCSIFFLAGS
status = subprocess.run(sys.argv[1:]).returncode
print("unroutable", unroutable(), flush=True)
sys.exit(status)
"""
SETTINGS = {
    ".aws/config": f"""[default]
region = eu-central-1
ignore_configured_endpoint_urls = true
endpoint_url = {ELSEWHERE}
[profile work]
role_arn = arn:aws:iam::123456789012:role/work
source_profile = work
""",
    ".locust.conf": f"host = {ELSEWHERE}\ntags = [slow]\nworker = true\n",
    ".config/pip/pip.conf": f"[global]\nuser = true\nindex-url = {ELSEWHERE}\n",
    ".gitconfig": "[core]\nhooksPath = /nowhere\n[commit]\ngpgsign = true\n",
}
VARIABLES = {
    "AWS_PROFILE": "work",
    "AWS_REGION": "eu-central-1",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{ELSEWHERE}/credentials",
    "LOCUST_TAGS": "slow",
    "LOCUST_MODE_WORKER": "true",
    "LOCUST_MASTER_NODE_HOST": "192.0.2.1",
    "LOCUST_HOST": ELSEWHERE,
    "HTTP_PROXY": ELSEWHERE,
    "HTTPS_PROXY": ELSEWHERE,
    "http_proxy": ELSEWHERE,
    "https_proxy": ELSEWHERE,
    "ALL_PROXY": ELSEWHERE,
    "NO_PROXY": "intra.example",
    "PIP_USER": "1",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "UV_TARGET": "/nowhere",
    "UV_PYTHON": "3.9",
    "UV_PROJECT_ENVIRONMENT": "/nowhere",
    "PYTHONSAFEPATH": "1",
    "PYTHONWARNINGS": "error",
    "PYTHONPATH": "/nowhere",
    "PULUMI_ACCESS_TOKEN": "pul-0",
    "PULUMI_BACKEND_URL": "s3://nobodys-state",
    "NOXPYTHON": "3.9",
    "GIT_DIR": "/nowhere",
    "GIT_WORK_TREE": "/nowhere",
}


def watched(*command: str, environment: dict[str, str]) -> tuple[int, int, str]:
    """Run a command without a network: its exit status, what it sent elsewhere, what it said."""
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-I", "-c", WATCH, *command],
        cwd=ROOT, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said, _, counted = done.stdout.rpartition("unroutable ")
    return done.returncode, int(counted), said


@pytest.fixture
def person(tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who uses the same tools for other work."""
    if subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine forbids network namespaces, so nothing can be watched")
    for name, text in SETTINGS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    # Packages are there already, and where uv keeps them is no secret.
    kept = {name: value for name, value in local().items() if name.startswith("UV_")}
    path = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C"}
    return {**VARIABLES, **kept, "UV_OFFLINE": "1", **path}


@pytest.mark.parametrize(
    "attempt",
    [
        "socket.create_connection(('192.0.2.1', 80))",
        "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 80))",
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'?', ('192.0.2.1', 53))",
    ],
)
def test_an_attempt_is_seen(attempt: str, person: dict[str, str]) -> None:
    """TCP, IPv6 and UDP: what fails at once is counted all the same."""
    del person["PYTHONWARNINGS"]
    program = f"import socket\ntry:\n    {attempt}\nexcept OSError:\n    pass"
    _, sent, said = watched(sys.executable, "-I", "-c", program, environment=person)
    assert sent == 1, said


def test_local_work_stays_here(person: dict[str, str]) -> None:
    """An emulated AWS, a build, a deployment and a load, by the command that the README names."""
    nox = [sys.executable, "-I", "-m", "nox", "-s", "load"]
    prepared = subprocess.run(
        [*nox, "--install-only", "--", "local"],
        cwd=ROOT, env=local(), text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert prepared.returncode == 0, prepared.stdout
    scenario = ("local", "smoke", "--duration", "5")
    status, sent, said = watched(*nox, "--", *scenario, environment=person)
    assert sent == 0, said
    assert status in (0, 3), said  # so short a load may be too little to judge
    assert "verdict" in said


@pytest.mark.parametrize(
    "command",
    [
        "rehearse", "drill", "faults", "workflows", "emulator", "tests", "inputs", "fidelity",
        "explore", "bad_releases", "good_releases", "bench_client", "bench_emulator", "throttling",
        "soak_emulator", "fuzz_emulator", "deploy local", "load local", "status local",
        "rollout local",
    ],
)  # fmt: skip
def test_an_endpoint_elsewhere_is_refused_before_anything_else(command: str) -> None:
    """Whoever has set one expects it to be used, so it is neither used nor passed over."""
    session, *words = command.split()
    done = subprocess.run(
        [sys.executable, "-I", "-m", "nox", "--no-install", "-s", session, "--", *words],
        cwd=ROOT, env={**local(), "AWS_ENDPOINT_URL": ELSEWHERE}, text=True, check=False,
        capture_output=True,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert "local work never leaves it: unset AWS_ENDPOINT_URL" in done.stderr
