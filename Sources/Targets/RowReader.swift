import Tensors

/// Reads rows of a dense float32 or float64 tensor as float64, eight numbers at a time.
struct RowReader {
  private let floats: UnsafePointer<Float>?
  private let doubles: UnsafePointer<Double>?
  private let d: Int

  init(_ rows: Tensor) {
    d = rows.shape[1]
    floats = rows.dtype == .float32 ? UnsafePointer(rows.pointer(Float.self)) : nil
    doubles = rows.dtype == .float64 ? UnsafePointer(rows.pointer(Double.self)) : nil
  }

  @inline(__always)
  private func each(
    _ row: Int, _ eight: (Int, SIMD8<Double>) -> Void, _ one: (Int, Double) -> Void
  ) {
    let whole = d & ~7
    if let floats {
      let from = floats + row * d
      for j in stride(from: 0, to: whole, by: 8) {
        let values = UnsafeRawPointer(from + j).loadUnaligned(as: SIMD8<Float>.self)
        eight(j, SIMD8<Double>(values))
      }
      for j in whole..<d { one(j, Double(from[j])) }
    } else if let doubles {
      let from = doubles + row * d
      for j in stride(from: 0, to: whole, by: 8) {
        eight(j, UnsafeRawPointer(from + j).loadUnaligned(as: SIMD8<Double>.self))
      }
      for j in whole..<d { one(j, from[j]) }
    }
  }

  /// out += a y.
  func add(row: Int, times a: Double, to out: UnsafeMutablePointer<Double>) {
    each(row) { j, y in
      let place = UnsafeMutableRawPointer(out + j)
      let sum = place.loadUnaligned(as: SIMD8<Double>.self) + y * a
      place.storeBytes(of: sum, as: SIMD8<Double>.self)
    } _: { j, y in
      out[j] += y * a
    }
  }

  /// ‖y − c‖, and the largest |y − c|.
  func distance(row: Int, from c: UnsafePointer<Double>) -> (length: Double, size: Double) {
    var (squares, largest) = (SIMD8<Double>.zero, 0.0)
    each(row) { j, y in
      let change = y - UnsafeRawPointer(c + j).loadUnaligned(as: SIMD8<Double>.self)
      squares += change * change
      largest = max(largest, change.max(), -change.min())
    } _: { j, y in
      squares[0] += (y - c[j]) * (y - c[j])
      largest = max(largest, abs(y - c[j]))
    }
    return (squares.sum().squareRoot(), largest)
  }

  /// (y − c) · scale in float32.
  func reduce(
    row: Int, from c: UnsafePointer<Double>, _ scale: Double, _ out: UnsafeMutablePointer<Float>
  ) {
    each(row) { j, y in
      let change = y - UnsafeRawPointer(c + j).loadUnaligned(as: SIMD8<Double>.self)
      UnsafeMutableRawPointer(out + j).storeBytes(
        of: SIMD8<Float>(change * scale), as: SIMD8<Float>.self)
    } _: { j, y in
      out[j] = Float((y - c[j]) * scale)
    }
  }

  /// y − c.
  func shift(row: Int, from c: UnsafePointer<Double>, _ out: UnsafeMutablePointer<Double>) {
    each(row) { j, y in
      let change = y - UnsafeRawPointer(c + j).loadUnaligned(as: SIMD8<Double>.self)
      UnsafeMutableRawPointer(out + j).storeBytes(of: change, as: SIMD8<Double>.self)
    } _: { j, y in
      out[j] = y - c[j]
    }
  }

  /// ‖x − r y_k‖² − ‖x − r y_base‖².
  func change(of row: Int, against base: Int, _ x: UnsafePointer<Double>, _ r: Double) -> Double {
    if row == base { return 0 }
    var total = SIMD8<Double>.zero
    let best = self
    each(row) { j, y in
      let other = best.eight(base, j)
      let place = UnsafeRawPointer(x + j).loadUnaligned(as: SIMD8<Double>.self)
      total += (y - other) * r * ((y + other) * r - place * 2)
    } _: { j, y in
      let other = best.one(base, j)
      total[0] += (y - other) * r * ((y + other) * r - 2 * x[j])
    }
    return total.sum()
  }

  func squaredDistance(row: Int, to x: UnsafePointer<Double>, _ r: Double) -> Double {
    var total = SIMD8<Double>.zero
    each(row) { j, y in
      let change = UnsafeRawPointer(x + j).loadUnaligned(as: SIMD8<Double>.self) - y * r
      total += change * change
    } _: { j, y in
      total[0] += (x[j] - y * r) * (x[j] - y * r)
    }
    return total.sum()
  }

  @inline(__always)
  private func eight(_ row: Int, _ j: Int) -> SIMD8<Double> {
    if let floats {
      let from = UnsafeRawPointer(floats + row * d + j)
      return SIMD8<Double>(from.loadUnaligned(as: SIMD8<Float>.self))
    }
    guard let doubles else { return .zero }
    return UnsafeRawPointer(doubles + row * d + j).loadUnaligned(as: SIMD8<Double>.self)
  }

  @inline(__always)
  private func one(_ row: Int, _ j: Int) -> Double {
    if let floats { return Double(floats[row * d + j]) }
    return doubles.map { $0[row * d + j] } ?? 0
  }
}
