"""A Ray cluster of several nodes on this machine, each with processes of its own that can be killed."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

UNSHARE = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")


def can_unshare() -> bool:
    """Whether processes may have files of their own here."""
    try:
        return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0
    except OSError:
        return False


@dataclass
class RayCluster:
    """A head, and nodes that join it, made by Ray's own fixture.

    The head has no processor: it is where the job's process is connected, and no work is done there.
    """

    cluster: Any = None
    nodes: list[Any] = field(default_factory=list)
    apart: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def start(self) -> None:
        """The head."""
        from ray.cluster_utils import Cluster

        self.cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})

    def join(self, *, cpus: int = 1) -> Any:
        """One more node, there when this returns."""
        node = self.cluster.add_node(num_cpus=cpus)
        self.nodes.append(node)
        self.cluster.wait_for_nodes()
        return node

    def join_apart(self, hidden: Path) -> None:
        """One more node of one processor, which sees an empty folder of its own in place of this one."""
        ray = Path(sys.executable).with_name("ray")
        start = f"mount -t tmpfs tmpfs {hidden} && exec {ray} start --address={self.address} --num-cpus=1 --block"
        count = len(self._alive())
        env = {**os.environ, "KD_HOME": str(hidden)}
        process = subprocess.Popen(
            [*UNSHARE, "sh", "-c", start], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.apart.append(process)
        deadline = time.monotonic() + 120
        while len(self._alive()) == count:
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.5)

    def _alive(self) -> list[Any]:
        from ray._private.state import GlobalState
        from ray._raylet import GcsClientOptions

        state = GlobalState()
        state._initialize_global_state(GcsClientOptions.create(self.address, None, True, False))
        return [each for each in state.node_table() if each["Alive"]]

    def kill(self, node: Any) -> None:
        """SIGKILL a node's processes, those that work included."""
        self.nodes.remove(node)
        self.cluster.remove_node(node, allow_graceful=False)

    def kill_head(self) -> None:
        """SIGKILL all of it."""
        for process in self.apart:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.apart = []
        if self.cluster is None:
            return
        for node in self.cluster.list_all_nodes():
            node.kill_all_processes(check_alive=False, allow_graceful=False)
        self.cluster, self.nodes = None, []
