"""An admission webhook for evictions, as anybody may install one: a small HTTPS server."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self

if TYPE_CHECKING:
    from hack.cluster import LocalCluster

HOST = "127.0.0.1"


class Refusal(NamedTuple):
    """What the webhook says about the eviction of a pod."""

    code: int
    message: str


@dataclass(slots=True)
class Webhook:
    """A context manager: serves, and is registered for the evictions of one namespace.

    `refusals` says by pod name what is refused; all else is allowed. `unreachable` are pods whose
    evictions are sent to a second webhook that nobody serves.
    """

    cluster: LocalCluster
    namespace: str
    refusals: dict[str, Refusal]
    unreachable: tuple[str, ...] = ()
    asked: list[str] = field(default_factory=list)
    _server: ThreadingHTTPServer = field(init=False)
    _thread: threading.Thread = field(init=False)

    @property
    def name(self) -> str:
        """The name of its configuration."""
        return f"evictions-{self.namespace}"

    def __enter__(self) -> Self:
        """Serve and register."""
        self._server = ThreadingHTTPServer((HOST, 0), self._handler())
        directory = self.cluster.directory
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(directory / "server.crt", directory / "server.key")
        self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, name="webhook")
        self._thread.start()
        port = self._server.server_address[1]
        away = " || ".join(f"request.name == '{pod}'" for pod in self.unreachable) or "false"
        webhooks = [
            self._webhook("evictions.example.org", int(port), f"!({away})"),
            # Port 9 is that of the discard protocol, which nobody serves.
            self._webhook("away.example.org", 9, away),
        ]
        manifest = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": self.name},
            "webhooks": webhooks,
        }
        self.cluster.apply([manifest])
        return self

    def __exit__(self, *_: object) -> None:
        """Take it away."""
        self.cluster.kubectl("delete", "validatingwebhookconfiguration", self.name)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _webhook(self, name: str, port: int, condition: str) -> dict[str, Any]:
        authority = (self.cluster.directory / "ca.crt").read_bytes()
        return {
            "name": name,
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Fail",
            "timeoutSeconds": 2,
            "clientConfig": {
                "url": f"https://{HOST}:{port}/evictions",
                "caBundle": base64.b64encode(authority).decode(),
            },
            "rules": [
                {
                    "operations": ["CREATE"],
                    "apiGroups": [""],
                    "apiVersions": ["v1"],
                    "resources": ["pods/eviction"],
                }
            ],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}},
            "matchConditions": [{"name": "pod", "expression": condition}],
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hook = self

        class Handler(BaseHTTPRequestHandler):
            """Answers AdmissionReviews."""

            def do_POST(self) -> None:
                """Answer one review."""
                length = int(self.headers["Content-Length"])
                review = json.loads(self.rfile.read(length))
                body = json.dumps(hook.review(review["request"])).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Keep quiet."""

        return Handler

    def review(self, request: dict[str, Any]) -> dict[str, Any]:
        """Decide about one eviction."""
        self.asked.append(request["name"])
        refusal = self.refusals.get(request["name"])
        response: dict[str, Any] = {"uid": request["uid"], "allowed": refusal is None}
        if refusal is not None:
            response["status"] = {"code": refusal.code, "message": refusal.message}
        return {
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": response,
        }
