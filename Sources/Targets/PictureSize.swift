import Catalog
import Tensors

// The size of a picture as an option: {h, w}, or one number for both.

extension Domain where Value == OneOf<Count, [Count]> {
  static var pictureSize: Domain {
    Domain("a positive integer or two, {h, w}") { size in
      switch size {
      case .first(let one): one > 0
      case .second(let both): both.count == 2 && both.allSatisfy { $0 > 0 }
      }
    }
  }
}

func pictureShape(_ size: OneOf<Count, [Count]>) throws -> Shape {
  switch size {
  case .first(let one): try Shape(checking: [one.value, one.value])
  case .second(let both): try Shape(checking: both.map(\.value))
  }
}
