// The one list of all Lua modules. A new module adds its line here.
import Autodiff
import Catalog
import Diffusion
import Files
import Metrics
import Models
import Optimizers
import Plots
import Processes
import Targets
import Theory
import Training

package let modules: [Module] = [
  ProductModule.module,
  TensorModule.module,
  RandomModule.module,
  LinalgModule.module,
  GradModule.module,
  SDEModule.module,
  ScheduleModule.module,
  TargetModule.module,
  NNModule.module,
  MetricModule.module,
  DataModule.module,
  FileModule.module,
  PlotModule.module,
  SampleModule.module,
  LikelihoodModule.module,
  MeasurementModule.module,
  OptimModule.module,
  RateModule.module,
  LossModule.module,
  DrawModule.module,
  TrainModule.module,
  TheoryModule.module,
]
