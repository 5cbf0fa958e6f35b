// Memory, threads and interrupts of whole states.
import CLua
import CSupport
import Catalog
import Glibc
import LuaHost
import Synchronization
import Testing

/// Kilobytes of this process that are in memory.
private func residentKilobytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return 0 }
  defer { fclose(file) }
  var (total, resident) = (0, 0)
  withUnsafeMutablePointer(to: &total) { total in
    withUnsafeMutablePointer(to: &resident) { resident in
      _ = withVaList([total, resident]) { vfscanf(file, "%ld %ld", $0) }
    }
  }
  return resident * 4
}

@Suite("states", .serialized)
struct StateTests {
  @Test("1e5 calls that end in an error leave nothing behind")
  func errorsDoNotLeak() throws {
    let lua = try makeState()
    let loop = """
      local p = probe(1)
      local E = {}
      local function raise() error(E) end
      for i = 1, 25000 do
        pcall(probe.fail, 'x')
        pcall(p.bump, p, {})
        pcall(probe.apply, raise, 1)
        pcall(probe.run, 1, {rate = 1, setps = 2})
      end
      p:free()
      collectgarbage()
      """
    try lua.run(loop)
    // Other tests run beside this one and take memory too; a leak would show in every round.
    let rounds = try (1...6).map { _ in
      let before = residentKilobytes()
      let alive = Probe.alive.load(ordering: .relaxed)
      try lua.run(loop)
      return (
        kilobytes: residentKilobytes() - before,
        objects: Probe.alive.load(ordering: .relaxed) - alive
      )
    }
    #expect(rounds.contains { $0.kilobytes < 8000 }, "\(rounds)")
    #expect(rounds.contains { $0.objects <= 0 }, "\(rounds)")
  }

  @Test("a loop of 8 MB objects and a ring of 20 stay within 300 MB beyond what is alive")
  func collector() throws {
    for (ring, tables) in [(0, 0), (20, 0), (20, 100_000)] {
      let lua = try makeState()
      let before = csupport_live_bytes()
      let peak = try lua.results(
        of: """
          local tables = {}
          for i = 1, \(tables) do tables[i] = {i} end
          local ring, peak = {}, 0
          for i = 1, 2000 do
            local p = probe(i, {bytes = 8 << 20})
            if \(ring) > 0 then ring[i % \(ring)] = p end
            peak = math.max(peak, probe.live_bytes())
          end
          return peak // 1 | 0
          """
      )
      let megabytes = ((Int(peak[0]) ?? .max) - Int(before)) >> 20
      #expect(megabytes < ring * 8 + 300, "a ring of \(ring) beside \(tables) tables")
    }
  }

  @Test("collectgarbage('stop') is respected")
  func stopped() throws {
    let lua = try makeState()
    #expect(
      try lua.results(
        of: """
          collectgarbage('stop')
          local weak = setmetatable({}, {__mode = 'v'})
          weak[1] = probe(1)
          for i = 1, 200 do probe(i, {bytes = 1 << 22}) end
          local kept = weak[1] ~= nil
          collectgarbage('restart')
          collectgarbage()
          return kept, weak[1]
          """) == ["true", "nil"])
  }

  @Test("several states run in parallel, each with its own classes")
  func parallel() throws {
    let failures = Atomic<Int>(0)
    let threads = (0..<4).map { number in
      Worker {
        for _ in 0..<20 {
          let found = try? results(
            """
            local sum = 0
            for i = 1, 500 do sum = sum + (probe(i) + \(number)).value end
            local ok = pcall(probe.fail, 'x')
            return sum, ok
            """)
          if found != ["\(125250.0 + 500 * Double(number))", "false"] {
            failures.add(1, ordering: .relaxed)
          }
        }
      }
    }
    threads.forEach { $0.join() }
    #expect(failures.load(ordering: .relaxed) == 0)
  }
}

/// A thread that runs a closure.
final class Worker {
  private var thread = pthread_t()

  init(_ body: @escaping () -> Void) {
    final class Box {
      let body: () -> Void
      init(_ body: @escaping () -> Void) { self.body = body }
    }
    pthread_create(
      &thread, nil,
      { raw in
        if let raw { Unmanaged<Box>.fromOpaque(raw).takeRetainedValue().body() }
        return nil
      }, Unmanaged.passRetained(Box(body)).toOpaque())
  }

  func join() { pthread_join(thread, nil) }
}
