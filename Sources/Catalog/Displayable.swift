/// An object that shows itself at the prompt by more than a line: a figure, an image.
public protocol Displayable: Object {
  /// Text for a terminal of so many columns, ending in a newline.
  func display(width: Int) -> String
}
