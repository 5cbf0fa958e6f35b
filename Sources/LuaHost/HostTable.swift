// The table of C functions through which the catalog reads and pushes Lua values.
import CLua
import Catalog
import Runtime

enum HostTable {
  /// Lives as long as the program, like the catalog that uses it.
  static let pointer: UnsafePointer<HostFunctions> = {
    let table = UnsafeMutablePointer<HostFunctions>.allocate(capacity: 1)
    table.initialize(
      to: HostFunctions(
        type: clua_type,
        number: clua_number,
        integer: clua_integer,
        isInteger: clua_is_integer,
        boolean: clua_boolean,
        string: clua_string,
        object: clua_object,
        objectClass: clua_object_class,
        objectOfClass: clua_object_of_class,
        typeName: clua_type_name,
        identity: clua_pointer,
        top: clua_top,
        setTop: clua_set_top,
        insert: clua_insert,
        absoluteIndex: clua_absolute_index,
        pushCopy: clua_push_copy,
        reserve: clua_reserve,
        length: clua_length,
        getIndex: clua_get_index,
        getField: clua_get_field,
        next: clua_next,
        setIndex: clua_set_index,
        setField: clua_set_field,
        pushNil: clua_push_nil,
        pushNumber: clua_push_number,
        pushInteger: clua_push_integer,
        pushBoolean: clua_push_boolean,
        pushString: clua_push_string,
        pushTable: clua_push_table,
        fixFields: clua_fix_fields,
        recordName: clua_record_name,
        pushObject: clua_push_object,
        pushHolder: clua_push_holder,
        reference: clua_keep,
        pushReference: clua_push_kept,
        release: clua_release,
        stateOfReference: clua_state_of,
        call: clua_call,
        takeMemory: { Memory.takes($0) },
        failMemory: clua_fail_memory,
        running: clua_running,
        isInterrupted: clua_is_interrupted))
    return UnsafePointer(table)
  }()
}

extension Frame {
  /// A frame on a state, with the functions of this host.
  package init(_ state: OpaquePointer) {
    self.init(state: state, host: HostTable.pointer)
  }
}
