import Catalog
import Runtime
import Tensors

/// `data.photographs`: the photographs that come with the program.
enum Photographs {
  static let names = [
    "astronaut", "brick", "camera", "chelsea", "coffee", "grass", "gravel", "rocket",
  ]

  static let entry = Entry.function(
    "photographs",
    "Photographs that come with the program: grey, 150 to 256 pixels high and 225 to 320 wide.",
    .option("names", default: nil, "which of them, in this order; all where absent"),
    returns: "a list of tensors [h w] float32, from 0 for black to 1 for white",
    details:
      "The names are \(names.joined(separator: ", ")). target.patches draws patches of them.",
    source:
      "test pictures of scikit-image, CC0 or without copyright; stdlib/data/NOTICE names them",
    example: "return target.patches(data.photographs(), {size = 40}):sample(4, {seed = 1})"
  ) { (chosen: [String]?) -> Value in
    let folder = try Resources.stdlib() + "/data/photographs/"
    return .list(
      try (chosen ?? names).map { name in
        guard names.contains(name) else {
          throw UserError("names: \(unknownName("photograph", name, known: names))")
        }
        let path = FilePath(folder + name + ".png")
        let picture = try Picture(InputFile.bytes(of: path), path: path, grey: true, crop: nil)
        return .object(try Tensor(picture.values, shape: [picture.height, picture.width]))
      })
  }
}
