"""A local W&B server with only the calls that runs, sweeps and agents make.

It hands out the given trials in order and records what runs send. wandb's own client (wandb-core) and
its command-line programs reach it through WANDB_BASE_URL.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

API_KEY = "0123456789" * 4
ENTITY = "cooks"


@dataclass
class StubRun:
    """Everything that one run has sent."""

    id: str
    project: str = ""
    sweep: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    output: str = ""
    exit_code: int | None = None
    tags: list[str] = field(default_factory=list)
    display_name: str | None = None

    def values(self, metric: str) -> list[float]:
        """All values logged under ``metric``, in order."""
        return [row[metric] for row in self.history if metric in row]


class WandbStub:
    """``trials``: dicts of parameters; after the last one the agent is told to exit."""

    def __init__(self, trials: list[dict[str, Any]] | None = None) -> None:
        self.trials = list(trials or [])
        self.sweeps: dict[str, str] = {}  # id -> the YAML that was sent
        self.agents: list[dict[str, Any]] = []  # variables of CreateAgent
        self.runs: dict[str, StubRun] = {}
        self.uploads: dict[str, bytes] = {}  # "<run id>/<file name>" -> content
        self.stop_after_evaluations: dict[str, int] = {}  # run id -> early termination
        self.unknown: list[str] = []  # calls that this server does not implement
        self.accounts = {API_KEY}
        self.lock = threading.Lock()
        self._handed_out = 0
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.body()
                with stub.lock:
                    if self.path == "/graphql":
                        self.answer(stub.graphql(json.loads(body), self.key()))
                    elif self.path.endswith("/file_stream"):
                        stub.file_stream(self.path.split("/")[-2], json.loads(body))
                        self.answer({})
                    else:
                        self.answer({})

            def do_PUT(self) -> None:
                stub.uploads[self.path.removeprefix("/upload/")] = self.body()
                self.answer({})

            def do_GET(self) -> None:
                self.answer({}, 404)

            def key(self) -> str:
                scheme, _, value = self.headers.get("Authorization", "").partition(" ")
                if scheme == "Basic":
                    return base64.b64decode(value).decode().split(":")[1]
                return value

            def body(self) -> bytes:
                data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                return (
                    gzip.decompress(data)
                    if self.headers.get("Content-Encoding") == "gzip"
                    else data
                )

            def answer(self, value: Any, status: int = 200) -> None:
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    # --- GraphQL --------------------------------------------------------------------------------

    def graphql(self, request: dict[str, Any], key: str) -> dict[str, Any]:
        name = re.search(r"(?:query|mutation)\s+(\w+)", request["query"])
        operation = name.group(1) if name else ""
        answer = getattr(self, f"on_{operation}", None)
        if answer is None:
            self.unknown.append(operation + ": " + " ".join(request["query"].split()))
            return {"data": {}, "errors": [{"message": f"{operation} is not implemented"}]}
        if operation != "Viewer" and key not in self.accounts:
            return {"errors": [{"message": "permission denied"}]}
        return {"data": answer(request.get("variables") or {}, key)}

    def on_Viewer(self, variables: dict[str, Any], key: str) -> dict[str, Any]:
        known = key in self.accounts
        viewer = {"id": "u1", "entity": ENTITY, "username": "cook", "email": "", "flags": "{}"}
        return {"viewer": {**viewer, "teams": {"edges": []}} if known else None}

    def on_UpsertSweep(self, variables: dict[str, Any], key: str) -> dict[str, Any]:
        sweep = f"sweep{len(self.sweeps) + 1}"
        self.sweeps[sweep] = variables["config"]
        project = {
            "id": "p",
            "name": variables["projectName"],
            "entity": {"id": "e", "name": ENTITY},
        }
        return {
            "upsertSweep": {
                "sweep": {"name": sweep, "project": project},
                "configValidationWarnings": [],
            }
        }

    def on_CreateAgent(self, variables: dict[str, Any], key: str) -> dict[str, Any]:
        self.agents.append(variables)
        return {"createAgent": {"agent": {"id": f"agent{len(self.agents)}"}}}

    def on_Heartbeat(self, variables: dict[str, Any], key: str) -> dict[str, Any]:
        running = json.loads(variables["runState"] or "{}")
        commands: list[dict[str, Any]] = []
        for run_id in running:
            run = self.runs.get(run_id)
            limit = self.stop_after_evaluations.get(run_id)
            if run and limit is not None and len(run.values("eval/loss")) >= limit:
                commands.append({"type": "stop", "run_id": run_id})
        if not running and self._handed_out < len(self.trials):
            values = self.trials[self._handed_out]
            self._handed_out += 1
            arguments = {name: {"value": value} for name, value in values.items()}
            run_id = f"trial{self._handed_out}"
            run = {"type": "run", "run_id": run_id, "args": arguments}
            commands.append({**run, "program": self.program_of_the_sweep()})
        elif not running:
            commands.append({"type": "exit"})
        return {
            "agentHeartbeat": {"agent": {"id": variables["id"]}, "commands": json.dumps(commands)}
        }

    def program_of_the_sweep(self) -> str:
        import yaml

        return yaml.safe_load(list(self.sweeps.values())[-1])["program"]

    def on_SweepWithRuns(self, variables: dict[str, Any], key: str) -> dict[str, Any]:
        config = self.sweeps.get(variables["sweep"])
        if config is None:
            return {"project": None}
        sweep = {"id": "s", "name": variables["sweep"], "state": "RUNNING", "config": config}
        return {"project": {"sweep": {**sweep, "runs": {"edges": []}}}}

    # --- runs -----------------------------------------------------------------------------------

    def run(self, run_id: str) -> StubRun:
        return self.runs.setdefault(run_id, StubRun(run_id))

    def on_UpsertBucket(self, variables: dict[str, Any], key: str) -> dict[str, Any]:
        inserted = variables["name"] not in self.runs
        run = self.run(variables["name"])
        run.project = variables.get("project") or run.project
        run.sweep = variables.get("sweep") or run.sweep
        run.tags = variables.get("tags") or run.tags
        run.display_name = variables.get("displayName") or run.display_name
        if variables.get("config"):
            sent = json.loads(variables["config"])
            run.config = {name: entry["value"] for name, entry in sent.items()}
        project = {"id": "p", "name": run.project, "entity": {"id": "e", "name": ENTITY}}
        bucket = {"id": f"id-{run.id}", "name": run.id, "displayName": run.display_name or run.id}
        bucket |= {"description": "", "config": "{}", "sweepName": run.sweep, "project": project}
        return {"upsertBucket": {"bucket": {**bucket, "historyLineCount": 0}, "inserted": inserted}}

    def on_CreateRunFiles(self, variables: dict[str, Any], key: str) -> dict[str, Any]:
        run = variables["run"]
        files = [
            {"name": name, "uploadUrl": f"{self.url}/upload/{run}/{name}"}
            for name in variables["files"]
        ]
        return {"createRunFiles": {"runID": run, "uploadHeaders": [], "files": files}}

    def on_OrganizationCoreWeaveOrganizationID(self, variables: Any, key: str) -> dict[str, Any]:
        return {"entity": {"organization": None}}

    def file_stream(self, run_id: str, body: dict[str, Any]) -> None:
        run = self.run(run_id)
        files = body.get("files") or {}
        for line in files.get("wandb-history.jsonl", {}).get("content", []):
            run.history.append(json.loads(line))
        for line in files.get("wandb-summary.json", {}).get("content", []):
            run.summary = json.loads(line)
        run.output += "".join(files.get("output.log", {}).get("content", []))
        if body.get("complete"):
            run.exit_code = body.get("exitcode")
