"""Fusion: surprise, contributions that add up, likeness and confidence."""

from dataclasses import replace

import numpy as np
import pytest

from index.core.query import FACTORS
from index.search.fusion import FusionModel, confidence, fuse
from index.search.surprise import Scale, through_quartiles

MODEL = FusionModel(
    limits={"timbre": 10.0, "harmony": 30.0, "rhythm": 4.0, "dynamics": 3.0},
    weights={"harmony": 1.0, "timbre": 0.5},
    prior={"harmony": Scale(0.5, 0.1), "timbre": Scale(0.3, 0.1)},
    prior_count=30,
    confidence={"intercept": -4.0, "harmony surprise": 0.8},
    chance={"harmony": 5.0},
    below_chance=0.1,
    unlike=1.0,
)
SCALES = MODEL.prior


def gumbel(count, location, spread, seed=0):
    return np.random.default_rng(seed).gumbel(location, spread, count)


def test_surprise_is_minus_the_logarithm_of_the_tail():
    scale = Scale(0.0, 1.0)
    for value in (-1.0, 0.0, 1.0, 3.0, 8.0):
        tail = 1 - np.exp(-np.exp(-value))
        assert scale.surprise(np.array(value)) == pytest.approx(-np.log(tail), rel=1e-6)


def test_surprise_goes_on_where_the_tail_is_too_small_for_numbers():
    scale = Scale(0.0, 1.0)
    far = scale.surprise(np.array([20.0, 40.0, 100.0, 500.0]))
    assert np.all(np.diff(far) > 0)
    assert far[2] == pytest.approx(100, abs=0.1)


def test_likeness_is_the_share_of_random_moments_that_are_less_alike():
    values = gumbel(20000, 0.4, 0.05)
    scale = through_quartiles(values)
    assert scale.location == pytest.approx(0.4, abs=0.003)
    assert scale.spread == pytest.approx(0.05, abs=0.002)
    for share in (0.1, 0.5, 0.9, 0.99):
        assert scale.percentile(np.quantile(values, share)) == pytest.approx(share, abs=0.01)


def test_the_same_music_among_the_random_moments_does_not_count():
    values = gumbel(190, 0.4, 0.05)
    with_copies = np.concatenate([values, np.full(10, 0.99)])
    assert through_quartiles(with_copies).location == pytest.approx(
        through_quartiles(values).location, abs=0.01
    )


def test_a_small_library_leans_on_the_prior():
    assert MODEL.scale("timbre", np.array([0.9, 0.9])) == Scale(0.3, 0.1)
    few, many = MODEL.scale("timbre", gumbel(5, 0.6, 0.1)), MODEL.scale("timbre", gumbel(3000, 0.6, 0.1))
    assert abs(few.location - 0.3) < abs(many.location - 0.3)
    assert many.location == pytest.approx(0.6, abs=0.01)


def test_contributions_add_up_to_the_score():
    values = {"harmony": np.array([0.9, 0.5]), "timbre": np.array([0.2, 0.8])}
    fused = fuse(MODEL, values, SCALES, {"timbre": 3})
    for index in range(2):
        parts = fused.parts(index)
        assert sum(part.contribution for part in parts.values()) == pytest.approx(fused.score[index])
        assert [*parts] == sorted(parts, key=lambda name: -parts[name].contribution)
    assert fused.weights == {"harmony": 1.0, "timbre": 1.5}


def test_emphasis_turns_the_order_round_and_zero_leaves_a_factor_out():
    values = {"harmony": np.array([1.3, 0.45]), "timbre": np.array([0.25, 0.7])}
    assert fuse(MODEL, values, SCALES, {}).score.argmax() == 0
    assert fuse(MODEL, values, SCALES, {"timbre": 10}).score.argmax() == 1
    without = fuse(MODEL, values, SCALES, {"harmony": 0})
    assert np.all(without.contributions["harmony"] == 0)


def test_a_factor_that_knows_exactly_is_not_voted_down_by_one_that_knows_nothing():
    random = np.random.default_rng(3)
    harmony, timbre = gumbel(5000, 0.5, 0.03, 1), random.normal(0.3, 0.1, 5000)
    harmony[1234], timbre[1234] = 0.98, 0.05
    scales = {"harmony": through_quartiles(harmony), "timbre": through_quartiles(timbre)}
    assert fuse(MODEL, {"harmony": harmony, "timbre": timbre}, scales, {}).score.argmax() == 1234


def test_confidence_grows_with_surprise_and_knows_no_emphasis():
    values = {"harmony": np.array([0.5, 0.8, 1.4])}
    sure = confidence(MODEL, values, SCALES)
    assert np.all(np.diff(sure) > 0)
    assert np.all((sure > 0) & (sure < 1))
    surprise = SCALES["harmony"].surprise(values["harmony"])
    assert sure[0] == pytest.approx(1 / (1 + np.exp(4 - 0.8 * surprise[0])))


def test_the_shipped_numbers_cover_every_factor():
    from index.factors import build

    model = FusionModel.load()
    assert set(build()) <= set(model.weights)
    assert set(build()) <= set(model.prior)
    assert all(weight >= 0 for weight in model.weights.values())
    assert all(scale.spread > 0 for scale in model.prior.values())


def test_a_factor_counts_up_to_its_limit_and_no_further():
    values = {"harmony": np.array([0.5]), "timbre": np.array([9.0])}
    fused = fuse(MODEL, values, SCALES, {})
    assert fused.contributions["timbre"][0] == pytest.approx(0.5 * MODEL.limits["timbre"])


def test_up_to_chance_the_notes_count_little_and_beyond_it_fully():
    by_chance, beyond, far = (float(MODEL.evidence("harmony", np.array(s))) for s in (2.0, 12.0, 13.0))
    assert by_chance < 0.3
    assert far - beyond == pytest.approx(1.0, abs=0.01)
    assert MODEL.evidence("timbre", np.array(2.0)) == 2.0


def test_a_factor_that_is_asked_for_counts_from_the_start():
    assert MODEL.evidence("harmony", np.array(2.0), emphasis=2.0) == 2.0
    assert MODEL.evidence("harmony", np.array(2.0), emphasis=0.5) < 0.3


def test_what_a_proof_has_to_surpass_grows_with_the_library():
    proof = {size: FusionModel.load().among(size).proof["fingerprint"] for size in (1, 500, 50_000, 10**9)}
    assert proof[1] < proof[500] + 1e-9 < proof[50_000] < proof[10**9]
    assert proof[50_000] > np.log(50_000)
    assert proof[10**9] == FusionModel.load().proof["fingerprint"]


def test_chance_is_what_the_bits_of_this_query_agree_with():
    model = FusionModel.load()
    prior = model.prior["fingerprint"]
    assert model.by_chance("fingerprint", np.array([0.5, 0.6])) == prior
    attacks = model.by_chance("fingerprint", gumbel(3000, 0.02, 0.009))
    assert attacks.location == pytest.approx(0.02, abs=0.002)
    assert attacks.spread == pytest.approx(0.009, abs=0.001)
    loop = model.by_chance("fingerprint", gumbel(3000, 0.5, 0.1))  # agrees with all of itself: not by chance
    assert loop.location <= prior.location + prior.spread
    assert loop.surprise(np.array(0.7)) > model.proof["fingerprint"]


@pytest.mark.parametrize("count", [200, 3600])
def test_the_best_of_so_many_surprises_by_the_logarithm_of_their_number(count):
    """The agreement of bits at the best of fifty lags falls more steeply beyond its quartiles than between them."""
    model = FusionModel.load()
    best = []
    for seed in range(20):
        values = np.random.default_rng(seed).normal(0, 0.027, (count, 50)).max(axis=1)
        best.append(model.by_chance("fingerprint", values).surprise(values.max()))
    assert np.mean(best) == pytest.approx(np.log(count) + np.euler_gamma, rel=0.16)


def test_of_few_values_the_right_place_does_not_say_what_chance_reaches():
    model = FusionModel.load()
    values = np.random.default_rng(0).normal(0, 0.027, (40, 50)).max(axis=1)
    without = model.by_chance("fingerprint", values)
    values[:3] = 0.6  # the right place and its neighbours
    assert model.by_chance("fingerprint", values).surprise(np.array(0.25)) > 0.8 * without.surprise(
        np.array(0.25)
    )


def test_a_proof_is_surer_the_further_it_lies_beyond_chance():
    model = FusionModel.load()
    least = model.proof["fingerprint"]
    sure = model.sureness("fingerprint", np.array([0.0, least, least + 2, least + 50]))
    assert sure == pytest.approx([0, 0, 1 - np.exp(-1), 1], abs=1e-3)
    values = {"fingerprint": np.array([0.0, 0.3])}
    assert np.diff(confidence(model, values, model.prior))[0] > 0


def test_a_proof_is_enough_for_the_confidence_and_no_proof_takes_nothing_away():
    model = FusionModel.load()
    far = 14.0 * model.prior["fingerprint"].spread + model.prior["fingerprint"].location
    values = {"harmony": np.array([0.3, 0.3, 0.9, 0.9]), "fingerprint": np.array([0.0, far, 0.0, far])}
    alone = confidence(model.among(100), {"harmony": values["harmony"]}, model.prior)
    both = confidence(model.among(100), values, model.prior)
    assert alone[0] < 0.05
    assert both[1] > 0.9
    assert both[[0, 2]] == pytest.approx(alone[[0, 2]], abs=1e-9)
    assert both[3] >= max(alone[3], both[1]) - 1e-9


@pytest.mark.parametrize(("left", "speaks"), [(5, True), (2, True), (1, False)])
def test_how_a_moment_feels_speaks_beside_several_factors_but_not_beside_one(left, speaks):
    model = replace(
        MODEL, weights={**MODEL.weights, "character": 1.0}, limits={**MODEL.limits, "character": 5.0}
    )
    scales = {**SCALES, "character": Scale(0.3, 0.1)}
    values = {"harmony": np.array([0.9]), "timbre": np.array([0.5]), "character": np.array([0.8])}
    emphasis = dict.fromkeys(FACTORS[left:], 0.0)
    said = fuse(model, values, scales, emphasis).contributions["character"][0]
    assert said > 0 if speaks else said == 0


def test_between_the_prior_and_the_library_lies_what_their_numbers_weigh():
    own = through_quartiles(values := gumbel(30, 0.6, 0.2))
    between = MODEL.scale("timbre", values)
    assert between.location == pytest.approx((own.location + 0.3) / 2)
    assert between.spread == pytest.approx((own.spread + 0.1) / 2)


def test_what_several_say_together_is_shared_out_as_they_said_it():
    model = replace(MODEL, chance={"harmony": 5.0, "timbre": 5.0})
    said = {"harmony": np.array([20.0, 2.0]), "timbre": np.array([8.0, 4.0])}
    found = model.contributions(said)
    assert found["harmony"] / found["timbre"] == pytest.approx([20.0 / 4.0, 2.0 / 2.0])
    total = np.array([24.0, 4.0])
    beyond = np.log1p(np.exp(total - 5.0))
    assert found["harmony"] + found["timbre"] == pytest.approx(0.1 * total + 0.9 * beyond)


def test_the_quartiles_are_those_that_scales_go_through():
    scale = through_quartiles(np.linspace(0.0, 1.0, 101))
    assert scale.percentile(np.array([0.25, 0.75])) == pytest.approx([0.25, 0.75])
