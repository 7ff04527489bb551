"""A Dask cluster as an executor: its workers have hccassist installed and can open the charts' addresses."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from hccassist.batch.run import BatchError

_CONNECT_SECONDS = 15


@contextmanager
def cluster_executor(address: str) -> Iterator[tuple[Executor, int]]:
    """The executor of the scheduler at ``address`` (``tcp://HOST:8786``), and how many cores its workers have. A chart whose
    worker is lost is screened by another. Raises ``BatchError`` where there is no scheduler or no worker."""
    try:
        from distributed import Client
        from distributed.comm import get_address_host_port
    except ImportError:
        raise BatchError("--cluster needs an extra package: pip install 'hccassist[cluster]'") from None
    try:
        get_address_host_port(address, strict=True)
    except ValueError:
        raise BatchError(f"{address}: no address of a Dask scheduler; write tcp://HOST:8786") from None
    # What they would log of a lost worker or scheduler is told in one line here, or costs no chart.
    for name in [name for name in logging.root.manager.loggerDict if name.startswith(("distributed", "tornado", "asyncio"))]:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except OSError as error:
        raise BatchError(f"{address}: no Dask scheduler answers there ({type(error).__name__}); check the address") from None
    with client:
        cores = sum(client.nthreads().values())
        if not cores:
            raise BatchError(f"{address}: the scheduler has no workers; start some with `dask worker {address}`")
        executor = client.get_executor(pure=False)
        try:
            yield executor, cores
        finally:
            executor.shutdown(wait=False)  # a scheduler that is gone never answers
