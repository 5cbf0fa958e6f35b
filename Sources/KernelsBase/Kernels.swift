/// The kernels of this CPU level; the extensions are spread over files by family.
#if KERNELS_V3 || KERNELS_V4
  import KernelsBase
#endif

public enum Kernels: KernelSet {}
