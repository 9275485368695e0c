import numpy as np

from segeval.kernels.flips import flip_logit_sum, flip_softmax_mean

LOGITS = np.random.default_rng(0).normal(size=(3, 2, 4))


def test_a_symmetric_network_gives_its_own_scores():
    # the mirror image was predicted as the mirror image of the prediction
    mirrored = LOGITS[..., ::-1]
    once = flip_softmax_mean(LOGITS, mirrored, (4, 7), "align_corners")
    np.testing.assert_allclose(once.sum(axis=0), 1)
    both = flip_logit_sum(LOGITS, mirrored, (2, 4), "align_corners")
    np.testing.assert_allclose(both, 2 * LOGITS)


def test_the_two_means_by_hand():
    #  logits 0, log 3 and 0, 0: probabilities 1/4, 3/4 and 1/2, 1/2
    a, b = np.array([[[0.0]], [[np.log(3)]]]), np.zeros((2, 1, 1))
    mean = flip_softmax_mean(a, b, (1, 1), "half_pixel")
    np.testing.assert_allclose(mean.ravel(), [3 / 8, 5 / 8])
