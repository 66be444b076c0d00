"""Other networks than MusiCNN for timbre: how they hear, and the whole product on indices that they made."""

import itertools
import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
import soundfile
import sounds
from tiny_networks import write_tiny_clap, write_tiny_wav2vec2

from index.core.errors import WeightsError
from index.core.options import LibraryOptions, index_folder
from index.core.query import Query
from index.factors.timbre import Timbre
from index.library import Library
from index.models.chunks import at_one_level, chunks, seconds
from index.models.embedding import Embedding, embedding_of, kept_embedding, open_network
from index.models.hub import kind_of


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("networks")
    return {"wav2vec2": write_tiny_wav2vec2(root / "speech"), "clap": write_tiny_clap(root / "joint")}


@pytest.fixture(scope="module", params=["wav2vec2", "clap"])
def network(request, folders):
    return open_network(str(folders[request.param]))


def noise(seconds_long: float, rate_hz: int, seed: int = 0) -> np.ndarray:
    """A tone in noise: another pitch every second, another mixture every ten."""
    random = np.random.default_rng(seed)
    noisy = random.standard_normal(round(seconds_long * rate_hz))
    times = np.arange(len(noisy)) / rate_hz
    pitch_hz = random.uniform(100, 4000, 100)[times.astype(int)]
    share = np.array([0.0, 0.3, 1.0, 0.1, 0.6, 0.03])[(times / 10).astype(int)]
    return (0.1 * share * noisy + 0.2 * (1 - share) * np.sin(2 * np.pi * pitch_hz * times)).astype(np.float32)


def cosine(one, other):
    one, other = np.ravel(one).astype(float), np.ravel(other).astype(float)
    return one @ other / np.linalg.norm(one) / np.linalg.norm(other)


# --- chunks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whole_s", [1.0, 9.99, 10.0, 10.01, 18.0, 25.3, 61.7])
def test_chunks_cover_a_sound_once_and_have_margins(whole_s):
    samples = np.arange(round(whole_s * 100), dtype=np.float32)
    cut = list(chunks(samples, 100, 10.0, 1.0))
    assert cut[0].counts_from_s == 0 and cut[-1].counts_to_s == pytest.approx(whole_s)
    for one, following in itertools.pairwise(cut):
        assert one.counts_to_s == following.counts_from_s
        assert one.counts_to_s <= one.starts_s + 10 - 1 + 1e-6
        assert following.starts_s <= following.counts_from_s - 1 + 1e-6
    for each in cut:
        assert each.samples[0] == round(each.starts_s * 100)
        assert len(each.samples) == min(1000, len(samples))


def test_seconds_are_means_of_their_frames():
    frames = np.array([[1.0], [3.0], [10.0], [7.0]])
    rows = seconds(frames, np.array([0.1, 0.9, 1.5, 3.2]), 4.0)
    assert rows[:, 0].tolist() == [2, 10, 10, 7]


def test_one_level():
    loud, silent = at_one_level(np.full(100, 0.9, np.float32)), at_one_level(np.zeros(100, np.float32))
    assert loud == pytest.approx(np.full(100, 0.1)) and not silent.any()


# --- the networks ---------------------------------------------------------------------------------------------


def test_a_row_a_second_however_long(network):
    for length_s in (1.2, 10.0, 33.4):
        rows = network.seconds(noise(length_s, network.rate_hz))
        assert rows.shape[0] == int(np.ceil(length_s)) and rows.dtype == np.float32
        assert np.all(np.isfinite(rows))


def test_a_passage_is_heard_alike_alone_and_in_its_track(network):
    whole = noise(60, network.rate_hz)
    part = whole[20 * network.rate_hz : 30 * network.rate_hz]
    embedding = embedding_of(network)
    alone = embedding.of_means(network.seconds(part).mean(axis=0)[None])
    inside = embedding.of_means(network.seconds(whole)[20:30].mean(axis=0)[None])
    elsewhere = embedding.of_means(network.seconds(whole)[41:51].mean(axis=0)[None])
    assert cosine(alone, inside) > 0.99
    assert cosine(alone, inside) > cosine(alone, elsewhere)


def test_the_level_does_not_matter(network):
    samples = noise(12, network.rate_hz)
    assert cosine(network.seconds(samples), network.seconds(0.05 * samples)) > 0.9999


def test_wav2vec2_is_the_published_mean_over_time(folders):
    import torch
    from transformers import Wav2Vec2FeatureExtractor, Wav2Vec2Model

    samples = noise(10, 16000)
    model = Wav2Vec2Model.from_pretrained(folders["wav2vec2"]).eval()
    given = Wav2Vec2FeatureExtractor.from_pretrained(folders["wav2vec2"])(
        samples, sampling_rate=16000, return_tensors="pt"
    )
    with torch.inference_mode():
        published = model(**given).last_hidden_state.mean(dim=1)[0].numpy()
    network = open_network(str(folders["wav2vec2"]))
    ours = network.seconds(samples).mean(axis=0)
    assert embedding_of(network) == Embedding("wav2vec2", 32, None)
    assert np.abs(ours - published).max() < 0.02 * np.abs(published).max()


def test_clap_is_the_published_embedding_of_ten_seconds(folders):
    import torch
    from transformers import ClapFeatureExtractor, ClapModel

    from index.models.clap import Clap

    samples = at_one_level(noise(10, 48000))
    model = ClapModel.from_pretrained(folders["clap"]).eval()
    given = ClapFeatureExtractor.from_pretrained(folders["clap"])(
        samples, sampling_rate=48000, return_tensors="pt"
    )
    with torch.inference_mode():
        published = model.get_audio_features(**given).pooler_output[0].numpy()
    network = open_network(str(folders["clap"]))
    assert isinstance(network, Clap)
    frames = network._frames(samples)
    assert frames.shape == (32, 64)
    assert cosine(embedding_of(network).of_means(frames.mean(axis=0)[None]), published) > 0.999999
    assert (
        cosine(embedding_of(network).of_means(network.seconds(samples).mean(axis=0)[None]), published) > 0.999
    )


def test_words_and_sounds_lie_in_one_space(folders):
    import torch
    from transformers import AutoTokenizer, ClapModel

    from index.models.clap import ClapText

    model = ClapModel.from_pretrained(folders["clap"]).eval()
    given = AutoTokenizer.from_pretrained(folders["clap"])(["slow strings"], return_tensors="pt")
    with torch.inference_mode():
        published = model.get_text_features(**given).pooler_output[0].numpy()
    ours = ClapText(str(folders["clap"])).vector("slow strings")
    assert ours == pytest.approx(published, abs=1e-5)
    assert np.linalg.norm(ours) == pytest.approx(1)


# --- what is said where a network cannot be had ---------------------------------------------------------------


def test_a_folder_without_a_network_is_said(tmp_path):
    with pytest.raises(WeightsError, match=rf"The network in {tmp_path} could not be opened"):
        open_network(str(tmp_path))


def test_another_network_is_said(tmp_path):
    from transformers import BertConfig, BertModel

    small = BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, vocab_size=9
    )
    BertModel(small).save_pretrained(tmp_path)
    with pytest.raises(WeightsError, match="is “bert”; wav2vec2 and clap can be used"):
        open_network(str(tmp_path))


def test_without_a_hub_a_published_name_is_one_sentence(monkeypatch):
    import transformers

    def nowhere(source, **options):
        raise OSError("no route")

    monkeypatch.setattr(transformers.Wav2Vec2Model, "from_pretrained", nowhere)
    with pytest.raises(
        WeightsError, match=r"facebook/wav2vec2-base is not on this computer .* REPRISE_EMBEDDER"
    ):
        open_network("wav2vec2")


def test_a_published_name_is_asked_of_the_hub_only_where_it_is_not_here(monkeypatch, folders):
    import transformers

    asked = []
    published: Any = transformers.Wav2Vec2Model.from_pretrained
    real = published.__func__

    def from_hub(cls, source, *, local_files_only=False, **options):
        asked.append((source, local_files_only))
        if local_files_only:
            raise OSError("not in the cache")
        return real(cls, str(folders["wav2vec2"]), **options)

    def extractor(cls, source, **options):
        return transformers.Wav2Vec2FeatureExtractor()

    monkeypatch.setattr(transformers.Wav2Vec2Model, "from_pretrained", classmethod(from_hub))
    monkeypatch.setattr(transformers.Wav2Vec2FeatureExtractor, "from_pretrained", classmethod(extractor))
    assert open_network("wav2vec2").dimensions == 32
    assert asked == [("facebook/wav2vec2-base", True), ("facebook/wav2vec2-base", False)]
    assert kind_of("clap") == "clap"


# --- timbre and the index -------------------------------------------------------------------------------------


def test_timbre_compares_by_the_network_of_the_index(analyser):
    from dataclasses import replace

    frames = analyser.analyse(sounds.clicks(120, 8))
    rows = np.zeros((8, 3), np.float16)
    rows[:4, 0], rows[4:, 1] = 1, 1
    frames = replace(frames, network=rows)
    timbre = Timbre(Embedding("wav2vec2", 3))
    assert timbre.dimensions == 3
    assert timbre.vectors(frames, [(0, 4), (4, 8), (2, 6)]) == pytest.approx(
        np.array([[1, 0, 0], [0, 1, 0], [0.5**0.5, 0.5**0.5, 0]]), abs=1e-3
    )
    with pytest.raises(WeightsError, match="without the network of this index"):
        timbre.vectors(replace(frames, network=None), [(0, 4)])
    assert Timbre().dimensions == 48


def test_what_an_index_knows_of_its_network_is_kept(tmp_path):
    layers = tuple(np.random.default_rng(0).standard_normal(shape) for shape in ((4, 6), (4,), (3, 4), (3,)))
    Embedding("clap", 3, layers).write(tmp_path)
    kept = kept_embedding(tmp_path)
    means = np.random.default_rng(1).standard_normal((5, 6))
    assert kept is not None
    assert (kept.kind, kept.dimensions) == ("clap", 3)
    assert kept.of_means(means) == pytest.approx(Embedding("clap", 3, layers).of_means(means))
    assert kept_embedding(tmp_path / "elsewhere") is None


def test_each_network_has_a_folder_of_its_own(tmp_path):
    assert index_folder(tmp_path, "musicnn") == tmp_path
    assert index_folder(tmp_path, "clap") == tmp_path / "indices" / "clap"
    one, other = (index_folder(tmp_path, path) for path in ("/a/network", "/b/network"))
    assert one != other and one.name.startswith("network-")


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    pieces = {
        "cadence": sounds.chords(sounds.CADENCE, 62, 1.0, 24),
        "scale": sounds.melody((0, 2, 4, 5, 7, 5, 4, 2), 67, 0.25, 16),
        "clicks": sounds.clicks(120, 14),
    }
    for name, sound in pieces.items():
        soundfile.write(folder / f"{name}.wav", sound.samples, sound.rate_hz)
    return folder


@pytest.fixture(scope="module")
def home(folders, music, tmp_path_factory):
    """One home with an index of each network, and an empty one of MusiCNN's."""
    home = tmp_path_factory.mktemp("home")
    assert Library(LibraryOptions(home)).tracks() == []
    for folder in folders.values():
        library = Library(LibraryOptions(home, embedder=str(folder)))
        report = library.add([music], workers=1)
        assert (report.added, report.failed) == (3, ())
        library.close()
    return home


@pytest.mark.parametrize("kind", ["wav2vec2", "clap"])
def test_the_whole_product_on_an_index_of_another_network(kind, folders, music, home, tmp_path):
    library = Library(LibraryOptions(home, embedder=str(folders[kind])))
    try:
        assert library.add([music], workers=1).unchanged == 3
        track = library.track("cadence")
        heard = library.frames.read(track.id).network
        assert heard is not None and heard.shape[0] == 24
        query = tmp_path / "clip.wav"
        sound = sounds.chords(sounds.CADENCE, 62, 1.0, 24)
        soundfile.write(query, sound.span(6, 16).samples, sound.rate_hz)
        results = library.find(Query(library.passage(library.clip(query)), k=3))
        best = results.hits[0]
        assert best.track.title == "cadence"
        assert best.factors["timbre"].value > 0.95
        assert library.explain(results.query, best).parts
        assert library.status().fingerprint.startswith(str(folders[kind]))
        width = library._vectors.get("moments", [f"{track.id}:0"]).shape[1]
        assert width == {"wav2vec2": 32, "clap": 24}[kind] + 48
    finally:
        library.close()


def test_with_clap_the_whole_description_takes_part(folders, home):
    from index.words.clap_space import JointWindows, joint_of

    options = LibraryOptions(home, embedder=str(folders["clap"]))
    library = Library(options)
    try:
        results = library.find_text("something like zzyzx rain", k=3)
        names = [word.meaning for word in results.met[0]]
        assert len(results.hits) == 3 and "the whole, by CLAP" in names
        whole = next(word for word in results.met[0] if word.meaning == "the whole, by CLAP")
        assert whole.words == "something like zzyzx rain" and whole.fact.startswith(
            "nearer to the words than "
        )
        assert library.explain_text("something like zzyzx rain", results.hits[0]) == results.met[0]
        joint = joint_of(options.folder, options.embedder)
        assert joint is not None
        windows = JointWindows(joint, library.tracks(), library.frames, options.grid)
        cosines = windows._vectors @ joint.text.vector("slow organ")
        assert np.argmax(windows.near("slow organ")) == np.argmax(cosines)
        assert joint_of(index_folder(home, str(folders["wav2vec2"])), str(folders["wav2vec2"])) is None
    finally:
        library.close()


def test_indices_live_side_by_side_in_one_home(folders, home, music, monkeypatch, capsys):
    monkeypatch.setenv("REPRISE_HOME", str(home))
    monkeypatch.setenv("REPRISE_EMBEDDER", str(folders["wav2vec2"]))
    joint, speech = ("joint", "clap", 24, 3), ("speech", "wav2vec2", 32, 3)
    musicnn = ("musicnn", "musicnn", 200, 0)
    assert status_of(capsys) == [(*musicnn, False), (*joint, False), (*speech, True)]
    monkeypatch.setenv("REPRISE_EMBEDDER", "musicnn")
    assert status_of(capsys) == [(*musicnn, True), (*joint, False), (*speech, False)]
    from app.cli.status import print_status
    from app.wiring import open_library

    print_status(open_library().status(), home)
    printed = capsys.readouterr().out
    assert "musicnn (in use)" in printed and "wav2vec2, 32 numbers" in printed


def test_a_clip_that_was_brought_while_another_index_was_in_use_is_heard_anew(folders, home, music):
    one, other = (Library(LibraryOptions(home, embedder=str(folder))) for folder in folders.values())
    clip = one.clip(music / "clicks.wav")
    for library, width in ((one, 32), (other, 64)):
        heard = library.passage(clip).frames.network
        assert heard is not None and heard.shape == (14, width)


def status_of(capsys):
    """`reprise status --json`: name, network, numbers, tracks, in use."""
    from app.cli.main import status

    status(as_json=True)
    found = json.loads(capsys.readouterr().out)["indices"]
    keys = ("name", "network", "dimensions", "tracks", "current")
    return [
        tuple(each[key].partition("-")[0] if key == "name" else each[key] for key in keys) for each in found
    ]


def test_indices_on_one_server_keep_apart(tmp_path):
    from index.store.vectors import open_vectors

    plain, other = (open_vectors(tmp_path, "http://localhost:1", name) for name in ("", "net work-1"))
    assert (plain._prefix, other._prefix) == ("reprise-", "reprise_net-work-1-")
    assert open_vectors(tmp_path, "", "clap")._prefix == "reprise-"


def test_a_network_that_is_not_there_is_said_before_anything_is_added(music, tmp_path):
    (tmp_path / "empty").mkdir()
    library = Library(LibraryOptions(tmp_path / "home", embedder=str(tmp_path / "empty")))
    with pytest.raises(WeightsError, match="could not be opened"):
        library.add([music])
    assert library.catalogue.tracks() == []
    library.close()


def test_nothing_heavy_is_imported_for_musicnn():
    code = (
        "import sys, index.library, index.models.embedding, index.models.hub\n"
        "import index.models.clap, index.models.wav2vec2\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
