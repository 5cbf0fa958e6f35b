import Glibc
import Tensors

/// Integrals along curves against a normal kernel, ∫ f(u) exp(−‖R c(u) − x‖²/2v) (…) du.
///
/// Arcs are cut into panels over which they are smooth. A panel whose points all have less than e^−40 of the
/// largest weight is left out; one over which the exponent changes by more than 6 is halved; else 16
/// Gauss–Legendre points integrate it to rounding. So the cost grows with the logarithm of 1/√v.
final class CurveMoments {
  private struct Panel {
    let arc: Int
    let first: Double
    let last: Double
    let middle: SIMD2<Double>
    /// No point of it is farther from its middle.
    let radius: Double
  }

  private static let rule = gaussLegendre(16, on: -1...1)
  private static let mostSwing = 6.0
  private static let cutoff = 40.0

  private let arcs: [Arc]
  private let panels: [Panel]
  /// No point of the arcs is farther from 0.
  private let extent: Double

  // One point at a time.
  private var x = SIMD2<Double>.zero
  private var factor = 1.0
  private var variance = 1.0
  /// Where x is far away, exponents count from that of this point.
  private var reference: SIMD2<Double>?
  private var least = Double.infinity
  private var scale = -Double.infinity
  private var mass = 0.0
  private var place = SIMD2<Double>.zero
  private var pull = SIMD2<Double>.zero

  init(_ arcs: [Arc]) {
    self.arcs = arcs
    let panels = arcs.enumerated().flatMap { number, arc in
      let (first, last) = (arc.range.lowerBound, arc.range.upperBound)
      let count = Int(clamping: ((last - first) / arc.longestPanel).rounded(.up))
      let step = (last - first) / Double(count)
      return (0..<count).map { k in
        let start = first + step * Double(k)
        return Panel(
          arc: number, first: start, last: k + 1 == count ? last : start + step,
          middle: arc.place(start + step / 2), radius: arc.speed * step / 2)
      }
    }
    self.panels = panels
    extent = panels.map { ($0.middle * $0.middle).sum().squareRoot() + $0.radius }.max() ?? 0
  }

  /// Moments of c under weights f(u) exp(−‖R c − x‖²/2v): `place` is ⟨c⟩, `pull` ⟨R c − x⟩/√v.
  func moments(at x: SIMD2<Double>, factor: Double, variance: Double) -> KernelMoments {
    (self.x, self.factor, self.variance) = (x, factor, variance)
    (least, scale, mass, place, pull) = (.infinity, -.infinity, 0, .zero, .zero)
    // From there the squares of distances hardly differ.
    let isFar = max(abs(x[0]), abs(x[1])) > 100 * abs(factor) * extent
    reference = isFar ? panels[0].middle : nil
    for panel in panels { least = min(least, exponent(at: panel.middle)) }
    let root = variance.squareRoot()
    let offset = (panels[0].middle * factor - x) / root
    let base = isFar ? (offset * offset).sum() / 2 : 0
    guard least.isFinite, base.isFinite else { return nearestPoint() }
    for panel in panels where isFar || bound(of: panel) <= least + Self.cutoff {
      add(arcs[panel.arc], panel.first, panel.last, depth: 0)
    }
    return KernelMoments(
      logMass: scale + log(mass) - base, place: place / mass, pull: pull / (mass * root))
  }

  /// No exponent on a panel is less.
  private func bound(of panel: Panel) -> Double {
    let offset = panel.middle * factor - x
    let distance = max(0, (offset * offset).sum().squareRoot() - abs(factor) * panel.radius)
    return distance * distance / (2 * variance)
  }

  @inline(__always)
  private func exponent(at c: SIMD2<Double>) -> Double {
    if let reference {
      let product = (c - reference) * ((c + reference) * factor - 2 * x)
      return product.sum() * factor / (2 * variance)
    }
    let offset = c * factor - x
    return (offset * offset).sum() / (2 * variance)
  }

  private func add(_ arc: Arc, _ first: Double, _ last: Double, depth: Int) {
    let (middle, half) = ((first + last) / 2, (last - first) / 2)
    var (low, high) = (Double.infinity, -Double.infinity)
    var total = 0.0
    var (place, pull) = (SIMD2<Double>.zero, SIMD2<Double>.zero)
    for (node, weight) in Self.rule {
      let u = middle + half * node
      let c = arc.place(u)
      let offset = c * factor - x
      let exponent = exponent(at: c)
      if exponent < low {
        // Sums so far are relative to the least exponent.
        let change = exp(exponent - low)
        total *= change
        place *= change
        pull *= change
        low = exponent
      }
      high = max(high, exponent)
      let share = exp(low - exponent) * weight * half * arc.density(u) * arc.weight
      total += share
      place += c * share
      pull += offset * share
    }
    least = min(least, low)
    // Between the points of a smooth panel the exponent falls little below them.
    guard low - 0.25 * (high - low) <= least + Self.cutoff else { return }
    if high - low > Self.mostSwing, depth < 60 {
      add(arc, first, middle, depth: depth + 1)
      add(arc, middle, last, depth: depth + 1)
      return
    }
    guard total > 0 else { return }
    if -low > scale {
      let change = exp(scale + low)
      mass *= change
      self.place *= change
      self.pull *= change
      scale = -low
    }
    let share = exp(-low - scale)
    mass += total * share
    self.place += place * share
    self.pull += pull * share
  }

  /// Where x is so far away that squares overflow: the point of the curves that is farthest that way.
  private func nearestPoint() -> KernelMoments {
    let size = max(abs(x[0]), abs(x[1]))
    let direction = x / size * (factor < 0 ? -1 : 1)
    var best = (product: -Double.infinity, place: SIMD2<Double>.zero)
    for panel in panels {
      for k in 0...256 {
        let c = arcs[panel.arc].place(
          panel.first + (panel.last - panel.first) * Double(k) / 256)
        let product = (c * direction).sum()
        if product > best.product { best = (product, c) }
      }
    }
    return KernelMoments(
      logMass: -.infinity, place: best.place,
      pull: (best.place * factor - x) / variance.squareRoot())
  }
}
