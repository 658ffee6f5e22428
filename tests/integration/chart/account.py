"""A ServiceAccount, as who holds its token: what the API server lets it do."""

from __future__ import annotations

import http.client
import json
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.kube.permissions import Permission
    from hack.cluster import LocalCluster

CONNECTIONS = 4
TIMEOUT = 60.0
REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
VERBS = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")


class Kind(NamedTuple):
    """A resource of the API, or a subresource after a slash."""

    group: str
    resource: str
    namespaced: bool


class Answer(NamedTuple):
    """What a call brought."""

    status: int
    body: dict[str, Any]


class Account:
    """The holder of one ServiceAccount's token."""

    def __init__(self, cluster: LocalCluster, namespace: str, name: str) -> None:
        """Have a token made."""
        path = cluster.kubeconfig_for_service_account(namespace, name)
        config = json.loads(path.read_text())
        self._token: str = config["users"][0]["user"]["token"]
        self._server = urlsplit(cluster.api_url).netloc
        self._tls = ssl.create_default_context(
            cafile=config["clusters"][0]["cluster"]["certificate-authority"]
        )

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Make one call; a body goes as JSON, or as the Content-Type of `headers` says."""
        with closing(self._connect()) as connection:
            return self._send(connection, method, path, body, headers or {})

    def kinds(self) -> list[Kind]:
        """List everything that the API server serves, in its preferred versions."""
        groups = self.call("GET", "/apis").body["groups"]
        paths = ["/api/v1", *(f"/apis/{g['preferredVersion']['groupVersion']}" for g in groups)]
        found = []
        for path in paths:
            group = path.removeprefix("/apis/").partition("/")[0] if "/apis/" in path else ""
            found += [
                Kind(group, entry["name"], entry["namespaced"])
                for entry in self.call("GET", path).body["resources"]
            ]
        return found

    def allowed(self, permissions: Iterable[Permission], namespace: str = "") -> set[Permission]:
        """Ask about each permission, in one namespace or in all."""
        asked = list(permissions)
        shares = [asked[start::CONNECTIONS] for start in range(CONNECTIONS)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            answers = pool.map(lambda share: self._allowed(share, namespace), shares)
            return {permission for found in answers for permission in found}

    def _allowed(self, asked: list[Permission], namespace: str) -> list[Permission]:
        with closing(self._connect()) as connection:
            return [each for each in asked if self._may(connection, each, namespace)]

    def _may(
        self, connection: http.client.HTTPSConnection, asked: Permission, namespace: str
    ) -> bool:
        resource, _, subresource = asked.resource.partition("/")
        attributes = {
            "verb": asked.verb,
            "group": asked.group,
            "resource": resource,
            "subresource": subresource,
            "namespace": namespace,
        }
        review = {"spec": {"resourceAttributes": attributes}}
        answer = self._send(connection, "POST", REVIEWS, review, {})
        assert answer.status == HTTPStatus.CREATED, answer
        return bool(answer.body["status"]["allowed"])

    def _connect(self) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(self._server, context=self._tls, timeout=TIMEOUT)

    def _send(
        self,
        connection: http.client.HTTPSConnection,
        method: str,
        path: str,
        body: object,
        headers: Mapping[str, str],
    ) -> Answer:
        sent = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
            **headers,
        }
        connection.request(method, path, json.dumps(body) if body is not None else None, sent)
        answer = connection.getresponse()
        text = answer.read()
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return Answer(answer.status, json.loads(text) if is_json else {})
