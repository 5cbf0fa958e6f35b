import Glibc

/// Numbers between two pages that cannot be touched: reading or writing past either end of an array
/// that lies at it ends the test.
final class Fenced<Element> {
  private let memory: UnsafeMutableRawPointer
  private let pages: Int
  private static var page: Int { Int(sysconf(Int32(_SC_PAGESIZE))) }

  /// The end of the array where `atEnd`, else its first element, lies at the fence.
  let start: UnsafeMutablePointer<Element>

  init(_ contents: [Element], atEnd: Bool) {
    let (page, bytes) = (Self.page, contents.count * MemoryLayout<Element>.stride)
    pages = (bytes + page - 1) / page + 2
    guard let memory = mmap(nil, pages * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      memory != MAP_FAILED, mprotect(memory + page, (pages - 2) * page, PROT_READ | PROT_WRITE) == 0
    else { preconditionFailure("no memory for a fenced array") }
    self.memory = memory
    let first = atEnd ? memory + (pages - 1) * page - bytes : memory + page
    start = first.bindMemory(to: Element.self, capacity: contents.count)
    start.initialize(from: contents, count: contents.count)
  }

  deinit { munmap(memory, pages * Self.page) }

  func contents(_ count: Int) -> [Element] {
    Array(UnsafeBufferPointer(start: start, count: count))
  }
}
