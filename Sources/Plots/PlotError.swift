// What a figure refuses, in words a user can act on.

public struct PlotError: Error, CustomStringConvertible, Sendable {
  public let message: String
  public init(_ message: String) { self.message = message }
  public var description: String { message }
}
