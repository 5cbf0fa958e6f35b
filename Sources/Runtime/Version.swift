/// The version of the product.
public let moondriftVersion = "0.1.0"
