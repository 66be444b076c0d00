"""The files that bring up the page on engines of its own name what is there: files, settings, programs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import Settings

ROOT = Path(__file__).parents[1]
REQUIRED = {"MUSIC": "/tmp", "POSTGRES_PASSWORD": "p", "S3_SECRET": "s"}
IMAGES = ("Containerfile", "Containerfile.worker")


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    text = (ROOT / "compose.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def test_every_setting_that_a_service_is_given_is_one(composed: dict[str, Any]) -> None:
    known = {f"REPRISE_{name.upper()}" for name in Settings.model_fields}
    given = {
        name
        for service in composed["services"].values()
        for name in service.get("environment", {})
        if name.startswith("REPRISE_")
    }
    assert given and given <= known


def test_services_wait_for_what_is_there_and_write_where_they_may(composed: dict[str, Any]) -> None:
    services = composed["services"]
    for name, service in services.items():
        assert set(service.get("depends_on", ())) <= services.keys()
        volumes = [str(each).partition(":")[0] for each in service.get("volumes", ())]
        assert {each for each in volumes if not each.startswith("${")} <= composed["volumes"].keys()
        if "build" in service:
            assert (ROOT / service["build"]["dockerfile"]).is_file()
            assert service["read_only"] and service["cap_drop"] == ["ALL"], name
            assert any(str(each).startswith("/tmp") for each in service["tmpfs"]), name
    assert services["page"]["ports"] == ["127.0.0.1:8501:8501"], "open to this machine only"


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_is_made_of_files_that_are_there_and_runs_without_root(name: str) -> None:
    text = (ROOT / name).read_text().replace("\\\n", " ")
    copied = {each for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.M) for each in line.split()}
    assert copied - {"."} and all((ROOT / each).exists() for each in copied)
    installed = set(re.findall(r"-r (requirements\S*\.txt)", text))
    assert installed <= copied, "what is installed was copied before"
    last = text[text.rindex("\nFROM ") :]
    assert re.search(r"^USER reprise$", last, re.M) and "\nHEALTHCHECK " in last and "\nCMD " in last
    assert "slim" in last.splitlines()[1]
    assert "reprise setup" in text and "chmod -R a+rX /opt/reprise" in text, (
        "made by root, read by another user"
    )


def test_compose_understands_the_file() -> None:
    program = shutil.which("docker-compose")
    plugin = shutil.which("docker")
    command = [program] if program else [plugin, "compose"] if plugin else []
    if not command or subprocess.run([*command, "version"], capture_output=True, check=False).returncode:
        pytest.skip("there is no docker compose")
    checked = subprocess.run(
        [*command, "--file", "compose.yaml", "config"],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **REQUIRED},
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    assert yaml.safe_load(checked.stdout)["services"].keys() == {
        "page", "postgres", "chroma", "s3", "ray", "worker",
    }  # fmt: skip
    bare = {name: value for name, value in os.environ.items() if name not in REQUIRED}
    refused = subprocess.run(
        [*command, "--file", "compose.yaml", "config"],
        cwd=ROOT, capture_output=True, text=True, check=False, env=bare,
    )  # fmt: skip
    assert refused.returncode != 0 and "password" in refused.stderr, "no password is made up"
