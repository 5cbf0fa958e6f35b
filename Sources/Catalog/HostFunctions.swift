/// What the catalog asks of the program that runs Lua: reading and pushing values without ever
/// raising a Lua error across a Swift frame.
///
/// `LuaHost` fills one such table at start-up. Indices are Lua stack indices (1 is the first
/// argument); every function here is one the Lua manual marks as never raising, or a protected call.
public struct HostFunctions {
  public typealias State = OpaquePointer
  /// A Lua value kept alive for Swift.
  public typealias Reference = UnsafeMutableRawPointer
  public typealias References = UnsafePointer<Reference?>

  // Reading
  /// The Lua type of a stack slot, as `LuaType` numbers it.
  public var type: @convention(c) (State, Int32) -> Int32
  /// The number there; meaningful only where `type` is number.
  public var number: @convention(c) (State, Int32) -> Double
  /// The integer there (a float with an integral value converts); the flag says whether it is one.
  public var integer: @convention(c) (State, Int32, UnsafeMutablePointer<Int32>) -> Int64
  /// 1 where the number there has Lua's integer subtype.
  public var isInteger: @convention(c) (State, Int32) -> Int32
  public var boolean: @convention(c) (State, Int32) -> Int32
  /// The bytes of a string (only where `type` is string) and their count.
  public var string:
    @convention(c) (State, Int32, UnsafeMutablePointer<Int>) -> UnsafePointer<CChar>?
  /// The Swift object in a userdata of ours, not retained; nil for anything else or a freed one.
  public var object: @convention(c) (State, Int32) -> UnsafeMutableRawPointer?
  /// The class key of a userdata of ours (see `Object.classKey`), nil for anything else.
  public var objectClass: @convention(c) (State, Int32) -> UnsafeRawPointer?
  /// The object of exactly this class, not retained; nil for anything else or a freed one.
  public var objectOfClass:
    @convention(c) (State, Int32, UnsafeRawPointer) -> UnsafeMutableRawPointer?
  /// The name a user would give the value's type: `number`, `table`, `tensor`, `FILE*` …
  public var typeName: @convention(c) (State, Int32) -> UnsafePointer<CChar>

  /// Where a table, function or object lies: the same for the same one while it lives.
  public var identity: @convention(c) (State, Int32) -> UnsafeRawPointer?

  // The stack
  public var top: @convention(c) (State) -> Int32
  public var setTop: @convention(c) (State, Int32) -> Void
  /// Moves the top value to an index, shifting those above up.
  public var insert: @convention(c) (State, Int32) -> Void
  public var absoluteIndex: @convention(c) (State, Int32) -> Int32
  /// Pushes a copy of a slot.
  public var pushCopy: @convention(c) (State, Int32) -> Void
  /// Makes room for so many more slots; 0 when there is none.
  public var reserve: @convention(c) (State, Int32) -> Int32

  // Tables, without metamethods. Getters push the value and return its type.
  public var length: @convention(c) (State, Int32) -> Int
  public var getIndex: @convention(c) (State, Int32, Int) -> Int32
  public var getField: @convention(c) (State, Int32, UnsafePointer<CChar>) -> Int32
  /// Pops a key, pushes the next key and value; 0 (nothing pushed) at the end.
  public var next: @convention(c) (State, Int32) -> Int32
  /// Pops a value and stores it.
  public var setIndex: @convention(c) (State, Int32, Int) -> Void
  public var setField: @convention(c) (State, Int32, UnsafePointer<CChar>, Int) -> Void

  // Pushing
  public var pushNil: @convention(c) (State) -> Void
  public var pushNumber: @convention(c) (State, Double) -> Void
  public var pushInteger: @convention(c) (State, Int64) -> Void
  public var pushBoolean: @convention(c) (State, Int32) -> Void
  public var pushString: @convention(c) (State, UnsafePointer<CChar>?, Int) -> Void
  /// Pushes a table with room for so many elements and names; 0, and nothing pushed, without memory.
  public var pushTable: @convention(c) (State, Int32, Int32) -> Int32
  /// Makes the table on top a record of this name, whose fields are those listed: another is an error.
  public var fixFields: @convention(c) (State, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Void
  /// The name of the record at an index; nil for any other value.
  public var recordName: @convention(c) (State, Int32) -> UnsafePointer<CChar>?
  /// Pushes a new userdata that owns the retained object, with the metatable of its class key.
  public var pushObject: @convention(c) (State, UnsafeMutableRawPointer, UnsafeRawPointer) -> Void
  /// The same for an object that holds references, whose values the userdata keeps alive from then on.
  public var pushHolder:
    @convention(c) (State, UnsafeMutableRawPointer, UnsafeRawPointer, References, Int32) -> Void

  // Functions and references
  /// Keeps the value at an index alive; nil when memory is out.
  public var reference: @convention(c) (State, Int32) -> Reference?
  public var pushReference: @convention(c) (State, Reference?) -> Void
  /// Gives a reference up, on any thread, also when its state is closed already.
  public var release: @convention(c) (Reference?) -> Void
  /// The coroutine that runs now where the reference came from; nil when that is closed, or runs on
  /// another thread than this one.
  public var stateOfReference: @convention(c) (Reference?) -> State?
  /// Protected call of a function and its arguments on top of the stack, with so many results;
  /// 0 on success, otherwise the error value is on top.
  public var call: @convention(c) (State, Int32, Int32) -> Int32
  /// Whether so many bytes more fit in memory, which are counted as taken.
  public var takeMemory: @convention(c) (Int) -> Bool
  /// Pushes nil in place of a result that did not fit; the call then ends in "not enough memory".
  public var failMemory: @convention(c) (State) -> Void
  /// The coroutine that runs now, given any state of the same Lua universe.
  public var running: @convention(c) (State) -> State
  /// Whether the user has asked to stop what runs. Then a result is not used and any error is told as
  /// the interrupt, so that a loop over many values just ends.
  public var isInterrupted: @convention(c) () -> Bool

  public init(
    type: @escaping @convention(c) (State, Int32) -> Int32,
    number: @escaping @convention(c) (State, Int32) -> Double,
    integer: @escaping @convention(c) (State, Int32, UnsafeMutablePointer<Int32>) -> Int64,
    isInteger: @escaping @convention(c) (State, Int32) -> Int32,
    boolean: @escaping @convention(c) (State, Int32) -> Int32,
    string:
      @escaping @convention(c) (State, Int32, UnsafeMutablePointer<Int>) ->
      UnsafePointer<CChar>?,
    object: @escaping @convention(c) (State, Int32) -> UnsafeMutableRawPointer?,
    objectClass: @escaping @convention(c) (State, Int32) -> UnsafeRawPointer?,
    objectOfClass:
      @escaping @convention(c) (State, Int32, UnsafeRawPointer) -> UnsafeMutableRawPointer?,
    typeName: @escaping @convention(c) (State, Int32) -> UnsafePointer<CChar>,
    identity: @escaping @convention(c) (State, Int32) -> UnsafeRawPointer?,
    top: @escaping @convention(c) (State) -> Int32,
    setTop: @escaping @convention(c) (State, Int32) -> Void,
    insert: @escaping @convention(c) (State, Int32) -> Void,
    absoluteIndex: @escaping @convention(c) (State, Int32) -> Int32,
    pushCopy: @escaping @convention(c) (State, Int32) -> Void,
    reserve: @escaping @convention(c) (State, Int32) -> Int32,
    length: @escaping @convention(c) (State, Int32) -> Int,
    getIndex: @escaping @convention(c) (State, Int32, Int) -> Int32,
    getField: @escaping @convention(c) (State, Int32, UnsafePointer<CChar>) -> Int32,
    next: @escaping @convention(c) (State, Int32) -> Int32,
    setIndex: @escaping @convention(c) (State, Int32, Int) -> Void,
    setField: @escaping @convention(c) (State, Int32, UnsafePointer<CChar>, Int) -> Void,
    pushNil: @escaping @convention(c) (State) -> Void,
    pushNumber: @escaping @convention(c) (State, Double) -> Void,
    pushInteger: @escaping @convention(c) (State, Int64) -> Void,
    pushBoolean: @escaping @convention(c) (State, Int32) -> Void,
    pushString: @escaping @convention(c) (State, UnsafePointer<CChar>?, Int) -> Void,
    pushTable: @escaping @convention(c) (State, Int32, Int32) -> Int32,
    fixFields:
      @escaping @convention(c) (State, UnsafePointer<CChar>, UnsafePointer<CChar>) -> Void,
    recordName: @escaping @convention(c) (State, Int32) -> UnsafePointer<CChar>?,
    pushObject: @escaping @convention(c) (State, UnsafeMutableRawPointer, UnsafeRawPointer) -> Void,
    pushHolder:
      @escaping @convention(c) (State, UnsafeMutableRawPointer, UnsafeRawPointer, References, Int32)
      -> Void,
    reference: @escaping @convention(c) (State, Int32) -> Reference?,
    pushReference: @escaping @convention(c) (State, Reference?) -> Void,
    release: @escaping @convention(c) (Reference?) -> Void,
    stateOfReference: @escaping @convention(c) (Reference?) -> State?,
    call: @escaping @convention(c) (State, Int32, Int32) -> Int32,
    takeMemory: @escaping @convention(c) (Int) -> Bool,
    failMemory: @escaping @convention(c) (State) -> Void,
    running: @escaping @convention(c) (State) -> State,
    isInterrupted: @escaping @convention(c) () -> Bool
  ) {
    self.type = type
    self.number = number
    self.integer = integer
    self.isInteger = isInteger
    self.boolean = boolean
    self.string = string
    self.object = object
    self.objectClass = objectClass
    self.objectOfClass = objectOfClass
    self.typeName = typeName
    self.identity = identity
    self.top = top
    self.setTop = setTop
    self.insert = insert
    self.absoluteIndex = absoluteIndex
    self.pushCopy = pushCopy
    self.reserve = reserve
    self.length = length
    self.getIndex = getIndex
    self.getField = getField
    self.next = next
    self.setIndex = setIndex
    self.setField = setField
    self.pushNil = pushNil
    self.pushNumber = pushNumber
    self.pushInteger = pushInteger
    self.pushBoolean = pushBoolean
    self.pushString = pushString
    self.pushTable = pushTable
    self.fixFields = fixFields
    self.recordName = recordName
    self.pushObject = pushObject
    self.pushHolder = pushHolder
    self.reference = reference
    self.pushReference = pushReference
    self.release = release
    self.stateOfReference = stateOfReference
    self.call = call
    self.takeMemory = takeMemory
    self.failMemory = failMemory
    self.running = running
    self.isInterrupted = isInterrupted
  }
}

/// Lua's basic types, with the numbers of its C interface.
public enum LuaType {
  public static let none: Int32 = -1
  public static let `nil`: Int32 = 0
  public static let boolean: Int32 = 1
  public static let lightUserdata: Int32 = 2
  public static let number: Int32 = 3
  public static let string: Int32 = 4
  public static let table: Int32 = 5
  public static let function: Int32 = 6
  public static let userdata: Int32 = 7
  public static let thread: Int32 = 8
}
