import Catalog
import Tensors

/// The parameters of a network: named views into one flat float32 array, so that optimisers, averages
/// and files see plain numbers.
package final class ParameterSet {
  package struct Item {
    package let name: String
    package let shape: Shape
    /// Where its elements lie in the flat array.
    package let range: Range<Int>
    package let isTrained: Bool
    /// Whether steps of training write it, as running statistics.
    package let isBuffer: Bool
  }

  package let items: [Item]
  /// All parameters, shape [count].
  package let flat: Tensor
  /// One view for each item, in the order of `items`.
  package let views: [Tensor]
  private let names: [String]
  private lazy var places = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
  /// The part that training changes. Frozen items must stand before or after all trained ones.
  package let trained: Range<Int>

  /// How one item starts.
  package struct Start {
    package let name: String
    package let shape: Shape
    package let isTrained: Bool
    package private(set) var isBuffer = false
    let fill: (UnsafeMutablePointer<Float>, Int) throws -> Void

    package init(
      _ name: String, _ shape: Shape, trained: Bool = true,
      fill: @escaping (UnsafeMutablePointer<Float>, Int) throws -> Void
    ) {
      self.name = name
      self.shape = shape
      isTrained = trained
      self.fill = fill
    }

    /// The same under another name.
    func named(_ name: String) -> Start {
      var start = Start(name, shape, trained: isTrained, fill: fill)
      start.isBuffer = isBuffer
      return start
    }

    /// U(−1/√fanIn, 1/√fanIn), PyTorch's default for linear layers, weights and biases alike.
    package static func linear(
      _ name: String, _ shape: Shape, fanIn: Int, _ stream: RandomStream, trained: Bool = true
    ) -> Start {
      let bound = 1 / Float(max(fanIn, 1)).squareRoot()
      return Start(name, shape, trained: trained) { out, count in
        let draws = try stream.uniform([count])
        let uniform = draws.pointer(Float.self)
        for i in 0..<count { out[i] = bound * (2 * uniform[i] - 1) }
      }
    }

    /// Values that training leaves alone; `values` is asked for them once, before anything else is
    /// drawn, and not at all where they come from a file.
    package static func frozen(
      _ name: String, _ shape: Shape, _ values: @escaping () throws -> Tensor
    ) -> Start {
      Start(name, shape, trained: false) { out, count in
        let floats = try values().floats()
        for i in 0..<count { out[i] = floats[i] }
      }
    }

    /// What steps of training write: it starts as a copy of a tensor, and stands behind what is trained.
    package static func buffer(_ name: String, _ tensor: Tensor) -> Start {
      var start = Start(name, tensor.shape, trained: false) { out, count in
        out.update(from: try tensor.densified().pointer(Float.self), count: count)
      }
      start.isBuffer = true
      return start
    }

    /// The values of a tensor, copied.
    package static func values(_ name: String, _ tensor: Tensor) -> Start {
      Start(name, tensor.shape) { out, count in
        out.update(from: try tensor.densified().pointer(Float.self), count: count)
      }
    }

    package static func constant(
      _ name: String, _ shape: Shape, _ value: Float, trained: Bool = true
    ) -> Start {
      Start(name, shape, trained: trained) { out, count in
        for i in 0..<count { out[i] = value }
      }
    }
  }

  /// - Parameter stored: values by name, as a file holds them, in place of the starts.
  /// - Throws: where they are not those of exactly these names and shapes.
  package init(_ starts: [Start], restoring stored: StoredTensors? = nil) throws {
    try stored?.check(against: starts)
    var items: [Item] = []
    var count = 0
    for start in starts {
      let size = try Shape(checking: Array(start.shape)).elementCount
      items.append(
        Item(
          name: start.name, shape: start.shape, range: count..<count + size,
          isTrained: start.isTrained, isBuffer: start.isBuffer))
      count = try (Count(count) + Count(size)).value
    }
    let flat = try Tensor.zeros([count])
    let frozenFirst =
      zip(starts, items).filter { !$1.isTrained } + zip(starts, items).filter { $1.isTrained }
    for (start, item) in frozenFirst {
      let values = flat.pointer(Float.self) + item.range.lowerBound
      if let stored {
        stored.copy(start.name, to: values, item.range.count)
      } else {
        try start.fill(values, item.range.count)
      }
    }
    self.items = items
    self.flat = flat
    views = ParameterSet.views(items, of: flat)
    names = items.map(\.name)
    let trainedItems = items.filter(\.isTrained)
    trained =
      (trainedItems.first?.range.lowerBound ?? 0)..<(trainedItems.last?.range.upperBound ?? 0)
  }

  /// The starts in the order that a set needs: what is frozen, what is trained, buffers.
  package convenience init(sorting starts: [Start], restoring stored: StoredTensors? = nil) throws {
    let trained = starts.filter(\.isTrained)
    let buffers = starts.filter(\.isBuffer)
    let frozen = starts.filter { !$0.isTrained && !$0.isBuffer }
    try self.init(frozen + trained + buffers, restoring: stored)
  }

  private init(items: [Item], flat: Tensor, trained: Range<Int>) {
    self.items = items
    self.flat = flat
    self.trained = trained
    views = ParameterSet.views(items, of: flat)
    names = items.map(\.name)
  }

  package var count: Int { flat.elementCount }

  /// Where a parameter stands in `items` and `views`.
  ///
  /// - Precondition: there is one of that name; networks ask for their own.
  func place(of name: String) -> Int {
    // Where names are short and few, comparing them is faster than hashing one.
    (names.count < 32 ? names.firstIndex(of: name) : places[name]) ?? 0
  }

  package subscript(name: String) -> Tensor { views[place(of: name)] }

  /// The parameters that training changes, as a pointer and count.
  package var trainedValues: UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(
      start: flat.pointer(Float.self) + trained.lowerBound, count: trained.count)
  }

  package func copied() throws -> ParameterSet {
    ParameterSet(items: items, flat: try flat.copied(), trained: trained)
  }

  /// The buffers, in the order of `items`.
  package var buffers: [(item: Item, view: Tensor)] {
    zip(items, views).filter { $0.0.isBuffer }.map { (item: $0.0, view: $0.1) }
  }

  /// Replaces the buffers by those of another set of the same network.
  package func copyBuffers(from other: ParameterSet) {
    for (target, source) in zip(buffers, other.buffers) {
      target.view.pointer(Float.self).update(
        from: source.view.pointer(Float.self), count: target.item.range.count)
    }
  }

  /// Replaces the trained values, for averages and files.
  package func setTrained(_ values: UnsafeBufferPointer<Float>) {
    guard let source = values.baseAddress, values.count == trained.count else { return }
    trainedValues.baseAddress?.update(from: source, count: values.count)
    flat.storage.noteWrite()
  }

  private static func views(_ items: [Item], of flat: Tensor) -> [Tensor] {
    items.map {
      Tensor(
        storage: flat.storage, dtype: .float32, shape: $0.shape, strides: $0.shape.denseStrides,
        offset: flat.offset + $0.range.lowerBound)
    }
  }
}
