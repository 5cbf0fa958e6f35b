"""Standardised points, principal components and k-means by scikit-learn, of points from a counter formula.

run: python3 Tests/References/statistics.py > Tests/References/statistics.txt    (scikit-learn 1.9, NumPy 2.4)

`case name length ... : numbers`. Points are 6 groups in 7 dimensions; the third case has more dimensions than points.
Component signs: the largest coordinate is positive.
"""

import numpy as np
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler


def counter(k, count):
    """Numbers from -1/2 to 1/2 that follow from a number k and their places."""
    u = (np.arange(count, dtype=np.uint64) * np.uint64(2654435761) + np.uint64(k * 97531 + 12345)) % np.uint64(2**32)
    u = ((u ^ (u >> np.uint64(15))) * np.uint64(2246822519)) % np.uint64(2**32)
    u = u ^ (u >> np.uint64(13))
    return u.astype(np.float64) / 2**32 - 0.5


def show(case, name, x):
    x = np.asarray(x, dtype=np.float64)
    lengths = " ".join(str(n) for n in x.shape)
    print(case, name, lengths, ":", " ".join(f"{v:.15g}" for v in x.ravel()))


def points(case, n, d, groups):
    centres = 3 * counter(10 * case, groups * d).reshape(groups, d)
    return centres[np.arange(n) % groups] + counter(10 * case + 1, n * d).reshape(n, d)


for case, (n, d, groups, k) in enumerate([(120, 7, 6, 6), (200, 3, 5, 8), (9, 12, 3, 3)]):
    x = points(case, n, d, groups)
    show(case, "settings", [n, d, groups, k])
    z = StandardScaler().fit_transform(x)
    show(case, "standardized", z[:5])
    components = min(n - 1, d, 6)
    pca = PCA(components, svd_solver="full").fit(x)
    sign = np.sign(np.take_along_axis(pca.components_, np.abs(pca.components_).argmax(1)[:, None], 1))
    show(case, "components", sign * pca.components_)
    show(case, "variances", pca.explained_variance_)
    show(case, "share", [pca.explained_variance_ratio_.sum()])
    show(case, "transformed", pca.transform(x)[:5] * sign[:, 0])
    found = KMeans(k, init=x[:k], n_init=1, tol=0, algorithm="lloyd").fit(x)
    show(case, "centres", found.cluster_centers_)
    show(case, "labels", found.labels_ + 1)
    show(case, "inertia", [found.inertia_])
    best = min(KMeans(k, n_init=10, tol=0, random_state=seed).fit(x).inertia_ for seed in range(3))
    show(case, "best", [best])
