"""How fast each network of timbre listens on this machine: `python -m bench.embedders`.

MusiCNN has its weights here. Those of wav2vec2-base and of CLAP (larger_clap_general, an HTSAT of base size)
are random, in the published architecture: speed does not depend on them. Prints seconds of sound a second of
the processor's time, in one thread, of decoded sound in memory, chunks and margins included; and writes
bench/results/embedders.json.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench.machine import described
from index.models import mel
from index.models.embedding import open_network
from index.models.musicnn import MusiCNN

RESULTS = Path(__file__).parent / "results"


def write_wav2vec2(folder: Path) -> None:
    """The architecture of facebook/wav2vec2-base, with random weights."""
    from transformers import Wav2Vec2Config, Wav2Vec2FeatureExtractor, Wav2Vec2Model

    Wav2Vec2Model(Wav2Vec2Config()).save_pretrained(folder)
    Wav2Vec2FeatureExtractor().save_pretrained(folder)


def write_clap(folder: Path) -> None:
    """The architecture of laion/larger_clap_general, with random weights."""
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    sizes = {
        "patch_embeds_hidden_size": 128,
        "hidden_size": 1024,
        "depths": [2, 2, 12, 2],
        "num_attention_heads": [4, 8, 16, 32],
        "enable_fusion": False,
    }
    ClapModel(ClapConfig(audio_config=sizes)).save_pretrained(folder)
    ClapFeatureExtractor(truncation="rand_trunc").save_pretrained(folder)


def measured(listen: Callable[[np.ndarray], object], rate_hz: int, seconds: float) -> float:
    """Seconds of sound a second of the processor's time, after a first run that does not count."""
    sound = np.random.default_rng(0).standard_normal(round(seconds * rate_hz)).astype(np.float32) * 0.1
    listen(sound[: 12 * rate_hz])
    began = time.process_time()
    listen(sound)
    return seconds / (time.process_time() - began)


def musicnn() -> Callable[[np.ndarray], object]:
    """MusiCNN's patches, one a second, as the analysis has them."""
    network = MusiCNN("MTT", threads=1)

    def listen(samples: np.ndarray) -> object:
        bands = network.mel(samples)
        starts = np.arange(0, len(bands) - 187, 62)
        return network.patches(bands, starts, starts + 187)

    return listen


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="of sound")
    seconds = parser.parse_args().seconds
    found = {"musicnn": measured(musicnn(), mel.RATE_HZ, seconds)}
    for name, write in (("wav2vec2", write_wav2vec2), ("clap", write_clap)):
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder))
            network = open_network(folder, threads=1)
            found[name] = measured(network.seconds, network.rate_hz, seconds)
    print(f"{'network':10} x real time (processor, one thread)")
    for name, speed in found.items():
        print(f"{name:10} {speed:8.1f}")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "embedders.json").write_text(
        json.dumps({"x_real_time": found, "seconds": seconds, "machine": described()}, indent=1)
    )


if __name__ == "__main__":
    main()
