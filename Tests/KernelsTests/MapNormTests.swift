import Glibc
import KernelsBase
import Testing

/// Norms and activations of planes against the same in Double, for whole blocks and for planes that end within a
/// vector.
@Suite("Norms of planes") struct MapNormTests {
  private static let activations: [MapActivation] = [.none, .relu, .silu]
  private static let counts = [0, 1, 15, 16, 17, 48, 16 * 300, 4801]

  private func value(_ z: Double, _ f: MapActivation) -> Double {
    switch f {
    case .none: z
    case .relu: max(z, 0)
    case .silu: z / (1 + exp(-z))
    }
  }

  private func slope(_ z: Double, _ f: MapActivation) -> Double {
    let s = 1 / (1 + exp(-z))
    return switch f {
    case .none: 1
    case .relu: z > 0 ? 1 : 0
    case .silu: s * (1 + z * (1 - s))
    }
  }

  @Test("values, sums and gradients", arguments: Level.all)
  func passes(level: Level) {
    let kernels = level.kernels
    let rows: [[Float]] = (0..<4).map { spread(-1.5...2, 16, seed: UInt64(10 + $0)) }
    let table = UnsafeMutablePointer<Float>.allocate(capacity: 32)
    defer { table.deallocate() }
    for (place, number) in (rows[0] + rows[1]).enumerated() { table[place] = number }
    for f in Self.activations {
      for count in Self.counts {
        let x: [Float] = spread(-3...3, count, seed: 1)
        let dy: [Float] = spread(-1...1, count, seed: 2)
        let affine = LaneAffine(scale: table, shift: table + 16, f)
        var (moments, sums) = (
          [Double](repeating: 0.5, count: 32), [Double](repeating: 0, count: 32)
        )
        let y = applied(x) { kernels.activateLanes(affine, $0, $1, count: $2) }
        var dx = [Float](repeating: 0, count: max(count, 1))
        kernels.laneMoments(x, count: count, into: &moments)
        kernels.laneGradientSums(affine, x, dy, count: count, into: &sums)
        kernels.laneGradients(
          affine, slope: rows[2], offset: rows[3], x, dy, &dx, count: count)
        var (wantedMoments, wanted) = (
          [Double](repeating: 0.5, count: 32), [Double](repeating: 0, count: 32)
        )
        for i in 0..<count {
          let (lane, v) = (i % 16, Double(x[i]))
          let z = Double(rows[0][lane]) * v + Double(rows[1][lane])
          let h = slope(z, f) * Double(dy[i])
          wantedMoments[lane] += v
          wantedMoments[16 + lane] += v * v
          wanted[lane] += h
          wanted[16 + lane] += h * v
          // Near the kink the rounding of z decides.
          if f == .relu, abs(z) < 1e-6 { continue }
          #expect(abs(Double(y[i]) - value(z, f)) < 2e-6)
          let line = Double(rows[2][lane]) * v + Double(rows[3][lane])
          #expect(abs(Double(dx[i]) - (Double(rows[0][lane]) * h + line)) < 3e-6)
        }
        for lane in 0..<32 {
          // 300 numbers of one lane are added, 256 of them in float.
          #expect(abs(moments[lane] - wantedMoments[lane]) < 1e-3)
          #expect(abs(sums[lane] - wanted[lane]) < 1e-3)
        }
      }
    }
  }
}
