import KernelsBase
import Runtime

/// Sums that chunks make for each channel, added in Double and in the order of the chunks.
final class SumTable {
  private let lanes: Int
  /// Floats of a chunk: two for each lane.
  var row: Int { 2 * lanes }
  private var tables: [UnsafeMutableBufferPointer<Float>] = []

  init(channels: Int) { lanes = channels }

  /// Zeros for so many chunks more.
  func table(chunks: Int) throws -> FloatOut {
    try Memory.request(chunks * row, of: Float.self)
    let table = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, chunks * row))
    table.initialize(repeating: 0)
    tables.append(table)
    guard let base = table.baseAddress else { preconditionFailure("the table has an element") }
    return base
  }

  deinit { for table in tables { table.deallocate() } }

  /// The sums over all chunks; nil where the sink makes none.
  func total(_ form: MapSink.Form, channels: Int) -> ChannelSums? {
    guard form == .statistics || form == .gradientSums else { return nil }
    var sums = ChannelSums(
      first: Array(repeating: 0, count: channels), second: Array(repeating: 0, count: channels))
    for table in tables {
      for chunk in 0..<table.count / row {
        for channel in 0..<channels {
          sums.first[channel] += Double(table[chunk * row + channel])
          sums.second[channel] += Double(table[chunk * row + lanes + channel])
        }
      }
    }
    return sums
  }
}
