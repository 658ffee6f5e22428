"""What is read from lists of our own resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from controller.kube.records import Records

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Pages:
    """Takes the place of the API server: gives these pages, whatever is asked."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self._pages = pages

    async def pages(self, *_: object, **__: object) -> AsyncIterator[dict[str, Any]]:
        """Give them."""
        for page in self._pages:
            yield page


async def test_there_may_be_no_record_at_all() -> None:
    """Kubernetes 1.36 writes `"items": null` into an empty PartialObjectMetadataList."""
    assert await Records(cast("Any", Pages({"items": None}))).versions() == {}


async def test_each_page_counts() -> None:
    first, second = ({"metadata": {"name": n, "resourceVersion": f"{n}-1"}} for n in ("a", "b"))
    records = Records(cast("Any", Pages({"items": [first]}, {"items": [second]})))
    assert await records.versions() == {"a": "a-1", "b": "b-1"}
