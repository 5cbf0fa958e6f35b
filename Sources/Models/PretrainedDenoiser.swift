import Catalog
import Runtime
import Tensors

/// `nn.pretrained(name)`: the denoisers of photographs that come with the program, as
/// scripts/denoisers/photograph_denoisers.lua trains them.
enum PretrainedDenoiser {
  static let names = ["bf_cnn", "unet"]

  static let entry = Entry.function(
    "pretrained", "A blind denoiser that comes with the program, trained on photographs.",
    .arg("name", "of the network", in: .oneOf(names)),
    returns: "a model of pictures [1 40 40]; the parameters were rounded to float16",
    details:
      "It was trained on patches of six of data.photographs (all but gravel and rocket), from 0 for black to 1 for "
      + "white, with noise of standard deviation up to 1. unet is nn.unet{blocks = 2}, 1,825,024 parameters; bf_cnn is "
      + "nn.bf_cnn{}, 702,784 parameters. Both see a neighbourhood of each pixel alone, so that networks for pictures of "
      + "another size take their parameters by nn.save_state and nn.load_state. "
      + "`scripts/moondrift scripts/denoisers/photograph_denoisers.lua` trains both again.",
    source: "Kadkhodaie et al. 2024, appendix A",
    example: """
      m = nn.pretrained("bf_cnn")
      return m:denoise(tensor.ones{1, 1, 40, 40} / 2).shape
      """
  ) { (name: String) in
    try ModelFile.load(
      FilePath(Resources.stdlib() + "/data/denoisers/\(name).safetensors"), score: nil)
  }
}
