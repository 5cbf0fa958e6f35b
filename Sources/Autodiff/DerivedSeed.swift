import Catalog
import Tensors

/// Seeds for the parts of an experiment: arm 3 of seed 7 draws its own numbers, the same ones each
/// time, unrelated to those of arm 4, of seed 8, and of the streams that use seed 7 itself.
enum DerivedSeed {
  static let entry = Entry.function(
    "derived_seed", "A seed for one part of an experiment, from the experiment's seed.",
    .arg("seed", "any integer"), .arg("part", "which part: any integer"),
    returns: "integer from 0 to 2^53 - 1",
    example: "return random.derived_seed(7, 3)"
  ) { (seed: Int, part: Int) in RandomStream.derivedSeed(seed, part: part) }
}
