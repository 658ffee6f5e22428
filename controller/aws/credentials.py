"""AWS credentials that are looked for again once AWS has refused them.

What botocore does by itself:

- Pod Identity, IRSA, the instance's own role, and a credential process that tells an expiry: fetched
  anew 15 minutes before they expire, with the token file read again each time.
- `AWS_*` variables and the files of `aws configure`: read once. A file that is renewed is not seen by
  the sessions that have read it, and neither is one that came later.
- It signs with what it has until that expires by its own word; whether AWS refuses it meanwhile, as
  after a key was deleted, makes no difference.

https://docs.aws.amazon.com/boto3/latest/guide/credentials.html
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.credentials import (
    CredentialProvider,
    CredentialResolver,
    Credentials,
    create_credential_resolver,
)
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
)

from controller.aws.faults import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.client import BaseClient
    from botocore.credentials import ReadOnlyCredentials


class Renewed(Credentials):
    """What boto3's usual places hold, for the clients of one region; from any thread.

    Nothing is looked for before the first call is signed, so an agent that is away is the call's
    error, to be tried again, and not that of making a client.
    """

    def __init__(self, region: str) -> None:
        super().__init__("", "", method="spotdrain")
        self._region = region
        self._found: Credentials | None = None
        self._looking = threading.Lock()

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Give what to sign the next call with; raises botocore's errors only."""
        try:
            with _as_botocores():
                with self._looking:
                    found = self._found = self._found or self._look()
                # Outside of the lock: while one thread renews them the others may use the old ones.
                return found.get_frozen_credentials()
        except (BotoCoreError, ClientError):
            self._forget()
            raise

    def watch(self, client: BaseClient) -> None:
        """Look for others as soon as AWS refuses these in a call of this client."""
        client.meta.events.register("after-call", self._answered)

    def _answered(self, parsed: Mapping[str, Any], **_: object) -> None:
        if parsed.get("Error", {}).get("Code") in REFUSED:
            self._forget()

    def _forget(self) -> None:
        with self._looking:
            self._found = None

    def _look(self) -> Credentials:
        # A session of its own: one that has read a file never reads it again.
        session = botocore.session.Session()
        found = create_credential_resolver(session, region_name=self._region).load_credentials()
        if found is None:
            raise NoCredentialsError
        return found


@contextmanager
def _as_botocores() -> Iterator[None]:
    """Turn what botocore lets through while it fetches credentials into an error of its own.

    A token file that is gone, an answer without a key, a time that is none or has passed.
    """
    try:
        yield
    except (OSError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise CredentialRetrievalError(provider="boto3", error_msg=type(error).__name__) from None


class Only(CredentialProvider):
    """The one provider of a session: it gives the credentials that it was made with."""

    METHOD = CANONICAL_NAME = "spotdrain"

    def __init__(self, credentials: Credentials) -> None:
        super().__init__()
        self._credentials = credentials

    def load(self) -> Credentials:
        """Give them."""
        return self._credentials


def resolver_of(credentials: Credentials) -> CredentialResolver:
    """Make what a botocore session takes as its `credential_provider`."""
    return CredentialResolver([Only(credentials)])
