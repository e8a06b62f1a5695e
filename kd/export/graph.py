"""An ONNX graph under way: nodes, constants and the names of what they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from kd.export.packages import onnx

OPSET = 17  # the first with DFT; onnxruntime 1.20 and later run it
IR_VERSION = 8  # the format of files of that time


@dataclass
class Graph:
    """Every value has a name, given by the caller: the same network makes the same bytes each time."""

    nodes: list[Any] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)

    def constant(self, name: str, values: npt.ArrayLike | Tensor, *, kind: type[np.generic] = np.float32) -> str:
        """An array kept in the graph, as type `kind`; the same name again is the same array."""
        array = values.detach().numpy() if isinstance(values, Tensor) else np.asarray(values)
        if name not in self.constants:
            self.constants[name] = onnx().numpy_helper.from_array(np.ascontiguousarray(array, dtype=kind), name)
        return name

    def whole(self, name: str, *values: int) -> str:
        """Whole numbers kept in the graph, shape (values,)."""
        return self.constant(name, values, kind=np.int64)

    def node(self, operator: str, *inputs: str, to: str, attributes: Mapping[str, Any] | None = None) -> str:
        """One more step, whose only result is named `to`."""
        return self.several(operator, inputs, to=[to], attributes=attributes)[0]

    def several(
        self, operator: str, inputs: Sequence[str], *, to: Sequence[str], attributes: Mapping[str, Any] | None = None
    ) -> list[str]:
        """One more step with several results."""
        made = onnx().helper.make_node(operator, list(inputs), list(to), name=to[0], **(attributes or {}))
        self.nodes.append(made)
        return list(to)

    def closed(self, name: str, *, inputs: Sequence[Any], outputs: Sequence[Any]) -> Any:
        """The finished GraphProto; inputs and outputs as `value` makes them."""
        return onnx().helper.make_graph(self.nodes, name, list(inputs), list(outputs), list(self.constants.values()))


def value(name: str, *shape: str | int) -> Any:
    """A float32 input or output; dimensions with a name may be of any length."""
    return onnx().helper.make_tensor_value_info(name, onnx().TensorProto.FLOAT, list(shape))
