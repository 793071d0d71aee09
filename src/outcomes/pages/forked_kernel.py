"""Jupyter kernels forked from the warm process of a run, for nbclient to talk to as to any other.

Comes in: the command and environment a kernel would be started with. Goes out: a running kernel. Where there is nothing
to fork from, the kernel is started in the usual way.
"""

from __future__ import annotations

import sys
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from outcomes.pages.forks import fork, hang_up

__all__ = ["ForkedKernelManager", "ForkingProvisioner"]

NAME = "outcomes-forking"
"""The name under which ``pyproject.toml`` makes the provisioner known to Jupyter."""
LAUNCHER = [sys.executable, "-m", "ipykernel_launcher"]


class ForkingProvisioner(LocalProvisioner):
    """Forks kernels of this Python from the warm process; starts all others."""

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Bring a kernel to life and say how to connect to it."""
        forked = None
        if cmd[:3] == LAUNCHER:
            forked = await fork("kernel", cmd[3:], str(kwargs["cwd"]), kwargs["env"])
        if forked is None:
            return await super().launch_kernel(cmd, **kwargs)
        process, _, line = forked
        await hang_up(line)
        self.process: Any = process
        self.pid = self.pgid = process.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


class ForkedKernelManager(AsyncKernelManager):
    """Has its kernels made by :class:`ForkingProvisioner`."""

    @property
    def kernel_spec(self) -> KernelSpec | None:
        """What is installed, with another provisioner."""
        spec = super().kernel_spec
        if spec is not None:
            spec.metadata = {**spec.metadata, "kernel_provisioner": {"provisioner_name": NAME, "config": {}}}
        return spec
