"""A small pen for ONNX graphs; needed at set-up only, since it imports onnx."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Graph:
    """Collects nodes and constants; `add` appends one step and returns the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str | np.ndarray | np.generic, **attributes: Any) -> str:
        """One node; arrays among the inputs become constants."""
        names = [item if isinstance(item, str) else self._constant(np.asarray(item)) for item in inputs]
        output = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, names, [output], **attributes))
        return output

    def model(
        self,
        inputs: Mapping[str, Sequence[int | str]],
        outputs: Mapping[str, Sequence[int | str]],
        renamed: Mapping[str, str],
        whole_numbers: Sequence[str] = (),
        metadata: Mapping[str, str] | None = None,
    ) -> bytes:
        """The whole, checked, as bytes.

        `inputs` and `outputs` give public names and shapes, `renamed` the public name of an inner result.
        Everything is float32, except the inputs named in `whole_numbers`, which are int64.
        """
        for inner, outer in renamed.items():
            self.nodes.append(helper.make_node("Identity", [inner], [outer]))
        graph = helper.make_graph(
            self.nodes,
            "reprise",
            [
                helper.make_tensor_value_info(
                    name, TensorProto.INT64 if name in whole_numbers else TensorProto.FLOAT, list(shape)
                )
                for name, shape in inputs.items()
            ],
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
                for name, shape in outputs.items()
            ],
            self.constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, dict(metadata or {}))
        onnx.checker.check_model(model)
        return model.SerializeToString()

    def _constant(self, value: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(
            numpy_helper.from_array(np.ascontiguousarray(value) if value.ndim else value, name)
        )
        return name


PAGE_BYTES = 4096
"""What is mapped into memory begins at a whole page."""
_LEFT_IN = 1024
"""Bytes; smaller constants stay in the graph."""


def parted(model: bytes, beside: str) -> tuple[bytes, bytes]:
    """A graph without its large constants, and the file `beside` it that holds them.

    onnxruntime maps such a file into memory: a page is read when it is needed, and nothing is copied.
    """
    graph = onnx.load_model_from_string(model)
    held = bytearray()
    for constant in graph.graph.initializer:
        if len(constant.raw_data) < _LEFT_IN:
            continue
        held += bytes(-len(held) % PAGE_BYTES)
        place = {"location": beside, "offset": len(held), "length": len(constant.raw_data)}
        held += constant.raw_data
        constant.ClearField("raw_data")
        constant.data_location = TensorProto.EXTERNAL
        for key, value in place.items():
            constant.external_data.add(key=key, value=str(value))
    return graph.SerializeToString(), bytes(held)
