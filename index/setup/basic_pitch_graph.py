"""Builds basic-pitch anew from the published graph's weights, twice as quick; needed at set-up only.

The published graph (nmp.onnx) wastes most of its time on convolutions with one or eight filters: processors
compute sixteen at a time. Here neighbouring outputs of one filter are computed as if they were filters of a
wider stride (`spread`), which fills the sixteen. Everything lies as (frequency, time), so that nothing has to
be turned. The result differs from the published graph's by rounding alone.

References
----------
Bittner et al., ICASSP 2022. https://github.com/spotify/basic-pitch (Apache-2.0): basic_pitch/models.py.
Cheuk et al., "nnAudio", IEEE Access 2020: the constant-Q transform by octaves.
"""

from __future__ import annotations

import numpy as np

from index.models.weights import package_file
from index.setup.graph import Graph
from index.setup.harmonic_products import contour_logits

WINDOW, HOP = 43844, 256
EDGE, KEPT = 15, 142
"""Frames dropped at both ends of a window, and those between."""
OCTAVES, BINS, CONTOURS = 9, 309, 264
SHIFTS = (-36, 0, 36, 57, 72, 84, 93, 101)
"""Bins, 36 an octave, from each bin to its harmonics 1/2, 1, 2 ... 7: the channels of the network's image."""
TAPS = 256
LAST = np.iinfo(np.int64).max


def build(*, onsets: bool = True) -> bytes:
    """`samples` (windows, 43844) to `notes`, `onsets` (windows, 88, 142), `contours` (windows, 264, 142).

    Of the 172 frames of a window only what decides the 142 kept ones is computed.
    """
    convolutions, lengths, (stretch, offset) = _published()
    graph = Graph()
    power = _constant_q(graph, convolutions, lengths)
    level = _scaled(graph, power, stretch, offset)

    wide_kernel, wide_bias = convolutions[(8, 8, 3, 39)][0]
    contour_kernel, contour_bias = convolutions[(1, 8, 5, 5)][0]
    fold_kernel, fold_bias = convolutions[(32, 1, 7, 7)][0]
    note_kernel, note_bias = convolutions[(1, 32, 7, 3)][0]

    needed = graph.add("Transpose", _frames(graph, level, EDGE - 10, EDGE + KEPT + 10), perm=[0, 2, 1])
    contours = contour_logits(
        graph,
        needed,
        KEPT + 20,
        wide=(wide_kernel, wide_bias),
        narrow=(contour_kernel, contour_bias),
        shifts=SHIFTS,
        bins=(CONTOURS, BINS),
    )
    contours = graph.add("Transpose", graph.add("Sigmoid", contours), perm=[0, 2, 1])
    contours = graph.add("Unsqueeze", contours, np.array([1]))
    folded = graph.add("Conv", contours, fold_kernel, fold_bias, strides=[3, 1], pads=[2, 0, 2, 0])
    notes = graph.add(
        "Conv",
        graph.add("Relu", folded),
        spread(note_kernel, 4, 4),
        np.tile(note_bias, 16),
        strides=[4, 4],
        pads=[1, 0, 1, 0],
    )
    notes = _gathered(graph, notes)
    kept = {"notes": (notes, 1), "contours": (contours, 7)}
    if onsets:
        kept["onsets"] = (_onsets(graph, level, notes, convolutions), 1)
    outputs = {
        name: graph.add("Squeeze", _frames(graph, value, first, first + KEPT, axis=3), np.array([1]))
        for name, (value, first) in kept.items()
    }
    return graph.model(
        {"samples": ["windows", WINDOW]},
        {name: ["windows", 264 if name == "contours" else 88, KEPT] for name in outputs},
        {inner: name for name, inner in outputs.items()},
    )


def _onsets(
    graph: Graph,
    level: str,
    notes: str,
    convolutions: dict[tuple[int, ...], list[tuple[np.ndarray, np.ndarray]]],
) -> str:
    """Where notes begin, at the frames of `notes` (windows, 1, 88, 144), but for the outermost."""
    first_kernel, first_bias = convolutions[(32, 8, 5, 5)][0]
    last_kernel, last_bias = convolutions[(1, 33, 3, 3)][0]
    image = _stacked(graph, _frames(graph, level, EDGE - 3, EDGE + KEPT + 3))
    begins = graph.add("Conv", image, first_kernel, first_bias, strides=[3, 1], pads=[1, 0, 1, 0])
    around = {"strides": [4, 4], "pads": [1, 1, 1, 1]}
    begins = graph.add(
        "Conv", graph.add("Relu", begins), spread(last_kernel[:, 1:], 4, 4), np.tile(last_bias, 16), **around
    )
    begins = graph.add("Add", begins, graph.add("Conv", notes, spread(last_kernel[:, :1], 4, 4), **around))
    return _gathered(graph, begins)


def _frames(graph: Graph, values: str, first: int, last: int, axis: int = 2) -> str:
    return graph.add("Slice", values, np.array([first]), np.array([last]), np.array([axis]))


def spread(kernel: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The kernel (filters, channels, height, width) for a block of outputs at once.

    Filter (row * columns + column) * filters + f of the result computes output (row, column) of each block of
    filter f; the strides are to be multiplied by `rows` and `columns`.
    """
    filters, channels, height, width = kernel.shape
    wide = np.zeros((rows, columns, filters, channels, height + rows - 1, width + columns - 1), np.float32)
    for row in range(rows):
        for column in range(columns):
            wide[row, column, :, :, row : row + height, column : column + width] = kernel
    return wide.reshape(-1, channels, *wide.shape[-2:])


def _gathered(graph: Graph, blocks: str) -> str:
    """Blocks of 4 by 4 back to their places, as probabilities."""
    return graph.add("Sigmoid", graph.add("DepthToSpace", blocks, blocksize=4, mode="DCR"))


def _constant_q(
    graph: Graph,
    convolutions: dict[tuple[int, ...], list[tuple[np.ndarray, np.ndarray]]],
    lengths: np.ndarray,
) -> str:
    """Power (windows, 309, 172) in thirds of a semitone from 27.5 Hz, found octave by octave from above."""
    imaginary, real = (kernel[:, 0, 0] for kernel, _ in convolutions[(36, 1, 1, TAPS)][:2])
    lowpass = convolutions[(1, 1, 1, TAPS)][0][0][:, :, 0]
    sound = graph.add("Unsqueeze", "samples", np.array([1]))
    length = WINDOW
    octaves: list[str] = []
    for octave in range(OCTAVES):
        first = BINS - 36 * (octave + 1)
        wanted = slice(max(0, -first), 36)  # the lowest octave is not whole
        scale = lengths[max(0, first) : first + 36, None]
        kernel = np.concatenate([real[wanted] * scale, imaginary[wanted] * scale])[:, None]
        padded = graph.add("Pad", sound, np.array([0, 0, TAPS // 2] * 2), mode="reflect")
        heard = graph.add("Conv", padded, kernel.astype(np.float32), strides=[HOP >> octave])
        heard = graph.add("Mul", heard, heard)
        parts = [
            graph.add("Slice", heard, np.array([at]), np.array([at + len(scale)]), np.array([1]))
            for at in (0, len(scale))
        ]
        octaves.insert(0, graph.add("Add", *parts))
        if octave < OCTAVES - 1:
            sound, length = _halved(graph, sound, length, lowpass)
    return graph.add("Concat", *octaves, axis=1)


def _halved(graph: Graph, sound: str, length: int, lowpass: np.ndarray) -> tuple[str, int]:
    """The sound at half its rate, 32 samples of it at a time."""
    block = 32
    half = (length - 2) // 2 + 1
    blocks = -(-half // block)
    kernel = np.zeros((block, 1, TAPS + 2 * (block - 1)), np.float32)
    for place in range(block):
        kernel[place, 0, 2 * place : 2 * place + TAPS] = lowpass[0, 0]
    before = TAPS // 2 - 1
    after = (blocks - 1) * 2 * block + kernel.shape[2] - before - length
    heard = graph.add("Conv", sound, kernel, strides=[2 * block], pads=[before, after])
    heard = graph.add("Reshape", graph.add("Transpose", heard, perm=[0, 2, 1]), np.array([0, 1, -1]))
    return graph.add("Slice", heard, np.array([0]), np.array([half]), np.array([2])), half


def _scaled(graph: Graph, power: str, stretch: float, offset: float) -> str:
    """Decibels, between the softest and the loudest of each window, and the network's first batch norm."""
    level = graph.add("Log", graph.add("Add", power, np.float32(1e-10)))
    lowest = graph.add("ReduceMin", level, axes=[1, 2])
    span = graph.add("Sub", graph.add("ReduceMax", level, axes=[1, 2]), lowest)
    silent = graph.add("Equal", span, np.float32(0))
    factor = graph.add("Where", silent, np.float32(0), graph.add("Div", np.float32(stretch), span))
    summand = graph.add("Sub", np.float32(offset), graph.add("Mul", lowest, factor))
    return graph.add("Add", graph.add("Mul", level, factor), summand)


def _stacked(graph: Graph, level: str) -> str:
    """Each bin beside its harmonics: (windows, 8, 264, 172)."""
    image = graph.add("Unsqueeze", level, np.array([1]))
    channels = []
    for shift in SHIFTS:
        first, last = max(0, shift), min(BINS, CONTOURS + shift)
        part = graph.add("Slice", image, np.array([first]), np.array([last]), np.array([2]))
        missing = [0, 0, max(0, -shift), 0, 0, 0, max(0, CONTOURS + shift - BINS), 0]
        channels.append(graph.add("Pad", part, np.array(missing)) if any(missing) else part)
    return graph.add("Concat", *channels, axis=1)


def _published() -> tuple[
    dict[tuple[int, ...], list[tuple[np.ndarray, np.ndarray]]], np.ndarray, tuple[float, float]
]:
    """From nmp.onnx: convolutions by kernel shape, the bins' scales, and the batch norm's factor and summand.

    The kernels of the two-dimensional ones are turned to (frequency, time).
    """
    import onnx

    published = onnx.load(str(package_file("basic_pitch", "saved_models/icassp_2022/nmp.onnx"))).graph
    values = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in published.initializer}
    convolutions: dict[tuple[int, ...], list[tuple[np.ndarray, np.ndarray]]] = {}
    for node in published.node:
        if node.op_type == "Conv":
            kernel, bias = values[node.input[1]], values[node.input[2]]
            turned = kernel if kernel.shape[2] == 1 else kernel.transpose(0, 1, 3, 2)
            convolutions.setdefault(kernel.shape, []).append((turned, bias))
    lengths = next(value for value in values.values() if value.shape == (BINS, 1, 1)).ravel()
    norm = [
        float(values[node.input[1]][0])
        for node in published.node
        if "batch_normalization" in node.output[0] and node.op_type in ("Mul", "Add")
    ]
    return convolutions, lengths, (norm[0], norm[1])
