// The catalog and what the prompt makes of it, each made when it is first asked for: the first prompt
// stands before any of it.
import Catalog
import Reference

final class PromptCatalog {
  private let makeModules: () -> [Module]
  private(set) lazy var modules = makeModules()
  private(set) lazy var help = HelpText(modules)
  private(set) lazy var completion = CompletionIndex(modules)

  init(_ makeModules: @escaping () -> [Module]) { self.makeModules = makeModules }
}
