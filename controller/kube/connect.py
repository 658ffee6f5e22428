"""Where the API server is and who we are to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kubernetes.aio.client.configuration import Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from controller.domain.cluster import ClusterError

if TYPE_CHECKING:
    from pathlib import Path

CONNECTIONS = 100
"""Calls in flight at once; more only queue up in the API server's priority level."""


async def configuration(kubeconfig: Path | None) -> Configuration:
    """Load the client configuration of a kubeconfig file, or of the pod we run in.

    Raises ClusterError with a sentence that says what is missing.
    """
    config = Configuration()
    try:
        if kubeconfig is None:
            load_incluster_config(client_configuration=config)
        else:
            await load_kube_config(config_file=str(kubeconfig), client_configuration=config)
    except Exception as error:  # the loader takes the file's shape for granted
        raise ClusterError(_sentence(kubeconfig, error)) from error
    if not config.host.startswith(("https://", "http://")):
        raise ClusterError(
            f"the kubeconfig {kubeconfig} has the server {config.host!r}: write a URL such as"
            " https://10.0.0.1:6443"
        )
    config.connection_pool_maxsize = CONNECTIONS
    # We own all retries: a hidden one would spend the window (the default sleeps on Retry-After).
    config.retries = None
    # Proxy variables are for the way out; the API server is reached as the kubeconfig says.
    config.client_session_kwargs = {"trust_env": False}
    return config


def _sentence(kubeconfig: Path | None, error: Exception) -> str:
    if kubeconfig is None:
        return (
            f"not in a cluster ({error}); run as a pod with a ServiceAccount, "
            "or name a file with --kubeconfig or SPOTDRAIN_KUBECONFIG"
        )
    if isinstance(error, ConfigException | OSError):
        return f"the kubeconfig {kubeconfig} cannot be used: {error}"
    # What else comes is a parser's, of many lines, or Python's about a missing key.
    return (
        f"{kubeconfig} is no kubeconfig: `kubectl --kubeconfig {kubeconfig} config view` reads it"
    )


class Credentials(NamedTuple):
    """Who we are to the API server, for the one other client in the process: Kopf's."""

    server: str
    ca_path: str | None
    token: str | None
    certificate_path: str | None
    private_key_path: str | None
    insecure: bool


async def credentials(kubeconfig: Path | None) -> Credentials:
    """Read the credentials anew: a ServiceAccount's token is replaced about once an hour."""
    config = await configuration(kubeconfig)
    # The loader writes "Bearer " before a kubeconfig's token, and "bearer " before a pod's.
    scheme, _, token = config.api_key.get("BearerToken", "").partition(" ")
    if scheme.lower() != "bearer":
        token = ""
    return Credentials(
        server=config.host,
        ca_path=config.ssl_ca_cert,
        token=token or None,
        certificate_path=config.cert_file,
        private_key_path=config.key_file,
        insecure=not config.verify_ssl,
    )
