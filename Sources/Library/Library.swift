// The one list of all Lua modules. A new module adds its line here.
import Catalog

public let modules: [Module] = []
