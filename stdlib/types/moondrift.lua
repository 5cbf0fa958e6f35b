---@meta
-- Written by scripts/reference from the catalog; do not edit.

--- a process that runs one function
---@class child_process
---@field ending string? How it ended: 'finished', 'failed', 'interrupted', 'exited with code …' or 'killed by signal …'; nil while it runs, as far as `moondrift.wait` has seen.
---@field output string What its function returned; the message where it failed. Whole when it has ended.
---@field peak_bytes integer The most memory it held at a time, what it shares with this process included; 0 while it runs.
local child_process_object = {}

--- Ends it by force, where it runs.
function child_process_object:stop() end

--- Gives up its memory at once.
function child_process_object:free() end

--- an n-dimensional array, float32 unless asked otherwise
---@class tensor
---@field shape integer[] Axis lengths.
---@field dtype string Element type.
---@field rank integer Number of axes.
---@field count integer Number of elements.
---@operator len: integer
---@operator add(any): tensor
---@operator sub(any): tensor
---@operator mul(any): tensor
---@operator div(any): tensor
---@operator pow(any): tensor
---@operator mod(any): tensor
---@operator idiv(any): tensor
---@operator unm: tensor
---@operator band(any): tensor
---@operator bor(any): tensor
---@operator bxor(any): tensor
---@operator bnot: tensor
local tensor_object = {}

--- The same elements in another shape; a view where they lie densely.
---@param shape integer|integer[] lengths; one may be -1
---@return tensor
function tensor_object:reshape(shape) end

--- The last two axes exchanged, as a view.
---@return tensor
function tensor_object:transpose() end

--- Axes in another order, as a view.
---@param axes integer[] 1-based axes
---@return tensor
function tensor_object:permute(axes) end

--- Column i of the last axis, as a view.
---@param i integer 1-based
---@return tensor
function tensor_object:column(i) end

--- A view with a new axis of length 1.
---@param axis integer its place, 1-based
---@return tensor
function tensor_object:expand(axis) end

--- A view with a new axis of length 1.
---@param axis integer its place, 1-based
---@return tensor
function tensor_object:unsqueeze(axis) end

--- A view that repeats axes of length 1.
---@param shape integer|integer[] lengths
---@return tensor
function tensor_object:broadcast(shape) end

--- A dense copy with memory of its own.
---@return tensor
function tensor_object:copy() end

--- The same values in another element type.
---@param dtype "float32"|"float64"|"int64"|"bool"
---@return tensor
function tensor_object:to(dtype) end

--- The same values, seen by no gradient.
---@return tensor
function tensor_object:detach() end

--- The only element as a Lua number or boolean.
---@return any
function tensor_object:item() end

--- A hash of all elements as text: equal for equal bits in one order.
---@return string
function tensor_object:checksum() end

--- The elements as nested Lua tables.
---@return any
function tensor_object:table() end

--- Element by element: −x.
---@return tensor
function tensor_object:negative() end

--- Element by element: |x|; slope 0 at 0.
---@return tensor
function tensor_object:abs() end

--- Element by element: e^x.
---@return tensor
function tensor_object:exp() end

--- Element by element: e^x − 1, exact near 0.
---@return tensor
function tensor_object:expm1() end

--- Element by element: natural logarithm.
---@return tensor
function tensor_object:log() end

--- Element by element: ln(1 + x), exact near 0.
---@return tensor
function tensor_object:log1p() end

--- Element by element: square root.
---@return tensor
function tensor_object:sqrt() end

--- Element by element: x².
---@return tensor
function tensor_object:square() end

--- Element by element: 1/x.
---@return tensor
function tensor_object:reciprocal() end

--- Element by element: sine of radians.
---@return tensor
function tensor_object:sin() end

--- Element by element: cosine of radians.
---@return tensor
function tensor_object:cos() end

--- Element by element: hyperbolic tangent.
---@return tensor
function tensor_object:tanh() end

--- Element by element: 1/(1 + e^−x).
---@return tensor
function tensor_object:sigmoid() end

--- Element by element: x·sigmoid(x), also called swish.
---@return tensor
function tensor_object:silu() end

--- Element by element: max(x, 0); slope 0 at 0.
---@return tensor
function tensor_object:relu() end

--- Element by element: the error function.
---@return tensor
function tensor_object:erf() end

--- Element by element: 1 − erf(x), exact for large x.
---@return tensor
function tensor_object:erfc() end

--- Element by element: ln |Γ(x)|.
---@return tensor
function tensor_object:lgamma() end

--- Element by element: d/dx ln Γ(x).
---@return tensor
function tensor_object:digamma() end

--- Element by element: tangent of radians.
---@return tensor
function tensor_object:tan() end

--- Element by element: the angle whose sine is x.
---@return tensor
function tensor_object:asin() end

--- Element by element: the angle whose cosine is x.
---@return tensor
function tensor_object:acos() end

--- Element by element: the angle whose tangent is x.
---@return tensor
function tensor_object:atan() end

--- Element by element: hyperbolic sine.
---@return tensor
function tensor_object:sinh() end

--- Element by element: hyperbolic cosine.
---@return tensor
function tensor_object:cosh() end

--- Element by element: x Φ(x), Φ the normal distribution function.
---@return tensor
function tensor_object:gelu() end

--- Element by element: ln(1 + e^x).
---@return tensor
function tensor_object:softplus() end

--- Element by element: the integer below; slope 0.
---@return tensor
function tensor_object:floor() end

--- Element by element: the integer above; slope 0.
---@return tensor
function tensor_object:ceil() end

--- Element by element: the nearest integer, even on a tie; slope 0.
---@return tensor
function tensor_object:round() end

--- Element by element: −1, 0 or 1; slope 0.
---@return tensor
function tensor_object:sign() end

--- Element by element: a + b; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:add(b) end

--- Element by element: a − b; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:subtract(b) end

--- Element by element: a b, element by element; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:multiply(b) end

--- Element by element: a / b; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:divide(b) end

--- Element by element: a to the power b; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:power(b) end

--- Element by element: the larger; ties share the gradient; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:maximum(b) end

--- Element by element: the smaller; ties share the gradient; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:minimum(b) end

--- Element by element: the angle of the point (b, a); operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:atan2(b) end

--- Element by element: a − b ⌊a/b⌋, with the sign of b; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:mod(b) end

--- Element by element: ⌊a/b⌋, the integer below; slope 0; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:floor_divide(b) end

--- Element by element: ln(e^a + e^b) without overflow; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:logaddexp(b) end

--- Element by element, a bool tensor; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:less(b) end

--- Element by element, a bool tensor; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:less_equal(b) end

--- Element by element, a bool tensor; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:greater(b) end

--- Element by element, a bool tensor; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:greater_equal(b) end

--- Element by element, a bool tensor; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:equal(b) end

--- Element by element, a bool tensor; operands broadcast.
---@param b tensor|number
---@return tensor
function tensor_object:not_equal(b) end

--- Element by element, a bool tensor.
---@return tensor
function tensor_object:is_nan() end

--- Element by element, a bool tensor.
---@return tensor
function tensor_object:is_inf() end

--- Element by element, a bool tensor.
---@return tensor
function tensor_object:is_finite() end

--- x held between two bounds; slope 0 outside.
---@param low? number no bound where absent
---@param high? number no bound where absent
---@return tensor
function tensor_object:clamp(low, high) end

--- e^x / Σ e^x over an axis.
---@param axis? integer 1-based
---@return tensor
function tensor_object:softmax(axis) end

--- x − ln Σ e^x over an axis.
---@param axis? integer 1-based
---@return tensor
function tensor_object:log_softmax(axis) end

--- The sum over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:sum(axis, options) end

--- The mean over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:mean(axis, options) end

--- The product over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:prod(axis, options) end

--- The largest element; ties share the gradient, over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:max(axis, options) end

--- The smallest element; ties share the gradient, over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:min(axis, options) end

--- Whether an element is true or not 0, over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:any(axis, options) end

--- Whether every element is true or not 0, over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:all(axis, options) end

--- The median (of the middle two, their mean) over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:median(axis, options) end

--- The variance over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { correction?: integer, keepdim?: boolean }
---@return tensor
function tensor_object:var(axis, options) end

--- The standard deviation over an axis, a list of axes or all elements.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { correction?: integer, keepdim?: boolean }
---@return tensor
function tensor_object:std(axis, options) end

--- ln Σ e^x over an axis or a list of them, without overflow.
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:logsumexp(axis, options) end

--- (Σ |x|^p)^(1/p) over axes or all elements; the slope at 0 is 0.
---@param p? number math.huge for the largest |x|, 0 counts what is not 0
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:norm(p, axis, options) end

--- Quantiles over axes or all elements, linear between neighbours.
---@param q number|number[] a number from 0 to 1, or a list, which becomes the first axis
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:quantile(q, axis, options) end

--- The matrix product; 1-D operands and leading axes as in NumPy.
---@param b tensor
---@return tensor
function tensor_object:matmul(b) end

--- Running sums along an axis.
---@param axis? integer 1-based
---@return tensor
function tensor_object:cumsum(axis) end

--- Running products along an axis.
---@param axis? integer 1-based
---@return tensor
function tensor_object:cumprod(axis) end

--- The place of the largest element, the first of equals; NaN wins.
---@param axis? integer|integer[] 1-based, or a list; the row-major number where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:argmax(axis, options) end

--- The place of the smallest element, the first of equals; NaN wins.
---@param axis? integer|integer[] 1-based, or a list; the row-major number where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor_object:argmin(axis, options) end

--- The elements in order along an axis, and their places. Stable; NaN comes last.
---@param axis? integer 1-based
---@param options? { descending?: boolean }
---@return tensor
---@return tensor
function tensor_object:sort(axis, options) end

--- The 1-based places of the elements in order. Stable; NaN comes last.
---@param axis? integer 1-based
---@param options? { descending?: boolean }
---@return tensor
function tensor_object:argsort(axis, options) end

--- The k largest (or smallest) elements along an axis, in order, and their places.
---@param k integer
---@param axis? integer 1-based
---@param options? { largest?: boolean }
---@return tensor
---@return tensor
function tensor_object:topk(k, axis, options) end

--- The different elements in order, and how often each occurs.
---@return tensor
---@return tensor
function tensor_object:unique() end

--- How many elements fall into each of equal bins; the last bin is closed.
---@param bins? integer
---@param options? { range?: number[] }
---@return tensor
---@return tensor
function tensor_object:histogram(bins, options) end

--- The element of a where the mask is true, otherwise that of b; all broadcast.
---@param a tensor|number
---@param b tensor|number
---@return tensor
function tensor_object:where(a, b) end

--- Elements along an axis by number: out[i][j] = x[index[i][j]][j] for axis 1.
---@param axis integer 1-based
---@param index tensor int64, 1-based; its other lengths are at most those of x
---@return tensor
function tensor_object:gather(axis, index) end

--- A copy of x with source added along an axis: out[index[i][j]][j] += source[i][j] for axis 1.
---@param axis integer 1-based
---@param index tensor int64, 1-based
---@param source tensor shaped like index
---@return tensor
function tensor_object:scatter_add(axis, index, source) end

--- A copy of x with elements replaced along an axis: out[index[i][j]][j] = source[i][j] for axis 1.
---@param axis integer 1-based
---@param index tensor int64, 1-based
---@param source tensor shaped like index
---@return tensor
function tensor_object:scatter(axis, index, source) end

--- Elements of one axis by number, in that order.
---@param index tensor|integer[] 1-based
---@param axis? integer 1-based
---@return tensor
function tensor_object:take(index, axis) end

--- Where x is true, or not 0: one row of 1-based indices for each such element.
---@return tensor
function tensor_object:nonzero() end

--- Writes one number into all of x, in place.
---@param value number
---@return tensor
function tensor_object:fill(value) end

--- Writes broadcast values into x, in place.
---@param values tensor|number
---@return tensor
function tensor_object:assign(values) end

--- x ← x + a y, in place.
---@param a number
---@param y tensor
---@return tensor
function tensor_object:axpy(a, y) end

--- The parts of an axis, as views: of one size (the last may be smaller) or a list.
---@param sizes integer|integer[] a length, or a list of lengths that add up to the axis
---@param axis? integer 1-based
---@return tensor[]
function tensor_object:split(sizes, axis) end

--- So many parts of an axis, as views, as equal as they can be.
---@param count integer
---@param axis? integer 1-based
---@return tensor[]
function tensor_object:chunk(count, axis) end

--- The whole tensor repeated along each axis.
---@param counts integer|integer[] repetitions of each axis, as many as x has or more
---@return tensor
function tensor_object:tile(counts) end

--- Each element of an axis repeated.
---@param counts integer|integer[] a number, or a list with one for each element
---@param axis? integer 1-based
---@return tensor
function tensor_object:repeat_interleave(counts, axis) end

--- More elements before and after those of each axis.
---@param widths integer|integer[][] a number for all sides, or {before, after} for each axis
---@param options? { mode?: string, value?: number }
---@return tensor
function tensor_object:pad(widths, options) end

--- Elements moved along an axis; what falls off the end comes in at the start.
---@param shift integer places, towards the start where negative
---@param axis? integer 1-based
---@return tensor
function tensor_object:roll(shift, axis) end

--- The order of elements reversed along axes, as a view.
---@param axis integer|integer[] 1-based, or a list
---@return tensor
function tensor_object:flip(axis) end

--- A view without axes of length 1.
---@param axis? integer 1-based; all axes of length 1 where absent
---@return tensor
function tensor_object:squeeze(axis) end

--- Of a vector the matrix with it as diagonal, of a matrix its diagonal.
---@param k? integer which diagonal: above the main one where positive
---@return tensor
function tensor_object:diag(k) end

--- The lower triangle of the last two axes, zeros above.
---@param k? integer the last diagonal that is kept
---@return tensor
function tensor_object:tril(k) end

--- The upper triangle of the last two axes, zeros below.
---@param k? integer the first diagonal that is kept
---@return tensor
function tensor_object:triu(k) end

--- Σ a b of two vectors.
---@param b tensor
---@return tensor
function tensor_object:dot(b) end

--- The products of each element of a vector with each of another.
---@param b tensor
---@return tensor
function tensor_object:outer(b) end

--- Products of two tensors summed over pairs of axes.
---@param b tensor
---@param axes? integer|integer[][] how many of a's last axes meet as many of b's first, or {axes of a, axes of b}
---@return tensor
function tensor_object:tensordot(b, axes) end

--- The Kronecker product: b once for each element of a, times that element.
---@param b tensor
---@return tensor
function tensor_object:kron(b) end

--- The discrete Fourier transform over the last axis of numbers.
---@return tensor
function tensor_object:fft() end

--- The inverse of fft.
---@return tensor
function tensor_object:ifft() end

--- The discrete Fourier transform over the last two axes of numbers.
---@return tensor
function tensor_object:fft2() end

--- The inverse of fft2.
---@return tensor
function tensor_object:ifft2() end

--- The discrete Fourier transform of real numbers over the last axis.
---@return tensor
function tensor_object:rfft() end

--- The inverse of rfft.
---@param count? integer real elements of the result; 2 (m - 1) where absent
---@return tensor
function tensor_object:irfft(count) end

--- The discrete Fourier transform of real numbers over the last two axes.
---@return tensor
function tensor_object:rfft2() end

--- The inverse of rfft2.
---@param count? integer real elements of the last axis; 2 (m - 1) where absent
---@return tensor
function tensor_object:irfft2(count) end

--- Gives up its memory at once.
function tensor_object:free() end

--- a reproducible source of random numbers
---@class stream
---@field seed integer The seed it was made with.
local stream_object = {}

--- Independent N(0, 1) numbers.
---@param shape integer|integer[] lengths
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function stream_object:normal(shape, options) end

--- Sobol points with a random digital shift: each alone is uniform.
---@param n integer how many; 2^k of them are best balanced
---@param dimension integer
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function stream_object:sobol(n, dimension, options) end

--- The integers 1 … n in random order.
---@param n integer
---@return tensor
function stream_object:permutation(n) end

--- Independent integers, each from first to last as likely.
---@param n integer
---@param first integer
---@param last integer
---@return tensor
function stream_object:integers(n, first, last) end

--- Independent U(low, high) numbers.
---@param shape integer|integer[] lengths
---@param options? { low?: number, high?: number, dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function stream_object:uniform(shape, options) end

--- Independent exponential numbers.
---@param shape integer|integer[] lengths
---@param options? { rate?: tensor|number, dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function stream_object:exponential(shape, options) end

--- Independent gamma numbers, density ∝ x^(a-1) e^(-rate x).
---@param shape integer|integer[] lengths
---@param a tensor|number positive: a number, or a tensor that broadcasts
---@param options? { rate?: tensor|number, dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function stream_object:gamma(shape, a, options) end

--- Independent beta numbers, density ∝ x^(a-1) (1-x)^(b-1).
---@param shape integer|integer[] lengths
---@param a tensor|number positive: a number, or a tensor that broadcasts
---@param b tensor|number positive: a number, or a tensor that broadcasts
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function stream_object:beta(shape, a, b, options) end

--- Independent Student-t numbers.
---@param shape integer|integer[] lengths
---@param degrees tensor|number degrees of freedom, positive: a number, or a tensor that broadcasts
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function stream_object:student(shape, degrees, options) end

--- Independent booleans, true with probability p.
---@param shape integer|integer[] lengths
---@param p tensor|number from 0 to 1: a number, or a tensor that broadcasts
---@return tensor
function stream_object:bernoulli(shape, p) end

--- Independent Poisson numbers, P(k) = e^(-mean) mean^k / k!.
---@param shape integer|integer[] lengths
---@param mean tensor|number from 0 to 1e15: a number, or a tensor that broadcasts
---@return tensor
function stream_object:poisson(shape, mean) end

--- Rows of N(mean, covariance).
---@param n integer
---@param mean tensor
---@param covariance tensor
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function stream_object:multivariate_normal(n, mean, covariance, options) end

--- n of the integers 1 … count.
---@param n integer
---@param count integer
---@param options? { weights?: tensor, replace?: boolean }
---@return tensor
function stream_object:choice(n, count, options) end

--- For each row of weights, one place, as likely as its weight.
---@param weights tensor [... k], 0 or more
---@return tensor
function stream_object:categorical(weights) end

--- Gives up its memory at once.
function stream_object:free() end

--- a derivative of a function, called like one
---@class transform
local transform_object = {}

--- Gives up its memory at once.
function transform_object:free() end

--- a recorded function, called like one
---@class compiled
local compiled_object = {}

--- What is kept, the last used first.
---@return any
function compiled_object:plans() end

--- Gives up its memory at once.
function compiled_object:free() end

--- a forward diffusion process
---@class sde
---@field time_min number Where samplers stop.
---@field time_max number Where the process ends.
local sde_object = {}

--- α(t): x_t has mean α(t) x_0 given x_0.
---@param t number|tensor time, a number or a tensor
---@return any
function sde_object:alpha(t) end

--- σ(t): the standard deviation of x_t given x_0.
---@param t number|tensor time, a number or a tensor
---@return any
function sde_object:sigma(t) end

--- f(t) of the drift f(t) x.
---@param t number|tensor time, a number or a tensor
---@return any
function sde_object:drift(t) end

--- g(t), the noise per √time.
---@param t number|tensor time, a number or a tensor
---@return any
function sde_object:diffusion(t) end

--- ln(α²/σ²), the log of the signal-to-noise ratio, which falls with t.
---@param t number|tensor time, a number or a tensor
---@return any
function sde_object:log_snr(t) end

--- The time at which ln(α²/σ²) has a value.
---@param log_snr number|tensor a number or a tensor
---@return any
function sde_object:time_of_log_snr(log_snr) end

--- The decreasing times a sampler visits in so many steps of its own choice.
---@param steps integer
---@return tensor
function sde_object:grid(steps) end

--- Gives up its memory at once.
function sde_object:free() end

--- a distribution to learn
---@class target
---@field dimension integer d, how many numbers a data point has.
---@field shape integer[] Axis lengths of a data point.
---@field intrinsic_dimension integer? The dimension of the set that its points lie on, where it is known: 0 for finitely many points, d where there is a density; nil where unknown.
---@field name string What it is called.
---@field log_partition number? ln Z of a chain of spins; nil of other targets.
local target_object = {}

--- Independent points.
---@param n integer
---@param options? { seed?: integer }
---@return tensor
function target_object:sample(n, options) end

--- ln p(x), natural logarithm, normalised.
---@param x tensor points, shape [n, d] or [n] and the target's shape
---@return tensor
function target_object:log_density(x) end

--- The score ∇ ln p(x).
---@param x tensor points, shape [n, d] or [n] and the target's shape
---@return tensor
function target_object:score(x) end

--- Whether its normalised density is known.
---@return boolean
function target_object:has_log_density() end

--- Whether its score is known.
---@return boolean
function target_object:has_score() end

--- Whether its noised marginals are known, in closed form or by quadrature.
---@return boolean
function target_object:has_noised() end

--- Whether it lives on finitely many points that are known.
---@return boolean
function target_object:has_support() end

--- How many points it lives on; infinite beyond the range of float64.
---@return any
function target_object:support_size() end

--- The logarithm to base 2 of how many points it lives on.
---@return number
function target_object:support_bits() end

--- Whether each point is one of its support.
---@param x tensor points, shape [n, d] or [n] and the target's shape
---@param options? { tolerance?: number }
---@return tensor
function target_object:contains(x, options) end

--- ln of the probability of each point of its support.
---@param x tensor points, shape [n, d] or [n] and the target's shape
---@param options? { tolerance?: number }
---@return tensor
function target_object:log_probability(x, options) end

--- The point of its support nearest to each point.
---@param x tensor points, shape [n, d] or [n] and the target's shape
---@return tensor
function target_object:project(x) end

--- All points of its support, where there are at most 2^24.
---@return tensor
function target_object:enumerate() end

--- The exact score of the noised marginals, as a model.
---@param sde sde the diffusion
---@return model
function target_object:model(sde) end

--- The law of x_t = α(t) x_0 + σ(t) z with x_0 from the target.
---@param sde sde the diffusion
---@param t number time
---@return target
function target_object:noised(sde, t) end

--- Gives up its memory at once.
function target_object:free() end

--- a score s(x, t) with the diffusion it belongs to
---@class model
---@field has_log_density boolean Whether ln p_t is known.
---@field predicts string What it gives directly; the other quantities follow from that.
---@field dimension integer d, the count of numbers of a data point.
---@field shape integer[] Axis lengths of a data point.
---@field sde sde The diffusion it belongs to.
---@field parameter_count integer Numbers that training changes.
local model_object = {}

--- Writes a network to a file, from which nn.load makes it again.
---@param path string usually ends in .safetensors
---@param options? { dtype?: string }
function model_object:save(path, options) end

--- The layers of the network as a table: shape of the result, parameters, multiplications and additions of a point, and how many places in a row of the picture a number of it reads.
---@return network_summary
function model_object:summary() end

--- The leading eigenvalues and eigenvectors of the Jacobian of the denoiser at a noisy picture.
---@param y tensor one picture: the model's shape, or [1] and that
---@param options? { sigma?: number, t?: number, k?: integer, tolerance?: number, block?: integer, subspace?: integer, max_products?: integer, seed?: integer }
---@return eigenpairs
function model_object:jacobian_eigenpairs(y, options) end

--- The Jacobian of the denoiser at a noisy picture, all of it.
---@param y tensor one picture: the model's shape, or [1] and that
---@param options? { sigma?: number, t?: number }
---@return tensor
function model_object:jacobian(y, options) end

--- The score ∇ log p_t(x).
---@param x tensor points, shape [n, d] or [n] and the model's shape
---@param t number|tensor one time, or one for each point
---@param options? { labels?: tensor }
---@return tensor
function model_object:score(x, t, options) end

--- The posterior mean E[x_0 | x_t = x], for a score by Tweedie's formula.
---@param x tensor points, shape [n, d] or [n] and the model's shape
---@param t? number|tensor one time, or one for each point; a blind model needs none, and takes x = x_0 + noise
---@param options? { labels?: tensor }
---@return tensor
function model_object:denoise(x, t, options) end

--- The posterior mean E[z | x_t = x] of the noise.
---@param x tensor points, shape [n, d] or [n] and the model's shape
---@param t number|tensor one time, or one for each point
---@param options? { labels?: tensor }
---@return tensor
function model_object:noise(x, t, options) end

--- The flow field α′ E[x_0] + σ′ E[z] = f x − ½ g² s, whose paths have the marginals.
---@param x tensor points, shape [n, d] or [n] and the model's shape
---@param t number|tensor one time, or one for each point
---@param options? { labels?: tensor }
---@return tensor
function model_object:velocity(x, t, options) end

--- ln p_t(x), natural logarithm, normalised: of exact models of targets.
---@param x tensor points, shape [n, d] or [n] and the model's shape
---@param t number|tensor one time, or one for each point
---@return tensor
function model_object:log_density(x, t) end

--- The parameters by name: views, so writing to one changes the model.
---@return any
function model_object:parameters() end

--- The same model with parameters of its own.
---@return model
function model_object:copy() end

--- Gives up its memory at once.
function model_object:free() end

--- what a network computes, without a diffusion
---@class network
---@field shape integer[] Axis lengths of a point.
---@field parameter_count integer Numbers that training changes.
local network_object = {}

--- The parameters by name: views, so writing to one changes the network.
---@return any
function network_object:parameters() end

--- The same network with parameters of its own.
---@return network
function network_object:copy() end

--- The layers of the network as a table: shape of the result, parameters, multiplications and additions of a point, and how many places in a row of the picture a number of it reads.
---@return network_summary
function network_object:summary() end

--- Gives up its memory at once.
function network_object:free() end

--- the layers of a network as a table
---@class network_summary
---@field layers any The lines: tables of name, layer, shape, parameters, operations, and of pictures reads.
---@field text string The table, as the prompt shows it.
---@field parameters integer Numbers that training changes.
---@field operations number Multiplications and additions of a point.
local network_summary_object = {}

--- Gives up its memory at once.
function network_summary_object:free() end

--- leading eigenpairs of a denoiser's Jacobian
---@class eigenpairs
---@field values tensor The real parts of the eigenvalues, largest first, [k].
---@field imaginary tensor The imaginary parts, [k]: 0 but for pairs a ± ib, which stand together.
---@field vectors tensor The eigenvectors as pictures of length 1, [k, …].
---@field residuals tensor ‖J v − λ v‖ of each, [k].
---@field asymmetry number ‖J − Jᵀ‖/‖J‖ in the Frobenius norm, an estimate.
---@field products integer How many J v and Jᵀ v were made.
---@field seed integer Of the first vectors.
local eigenpairs_object = {}

--- Gives up its memory at once.
function eigenpairs_object:free() end

--- a piece of a network, described
---@class layer
local layer_object = {}

--- The layer's own parameters by their paths.
---@return any
function layer_object:parameters() end

--- How a convolution's passes are computed for images of a shape: the way, its chunks and its memory.
---@param shape integer|integer[] of the images: {n, c, h, w}
---@return string
function layer_object:plan(shape) end

--- Gives up its memory at once.
function layer_object:free() end

--- a layer within a call of its network
---@class bound_layer
local bound_layer_object = {}

--- Gives up its memory at once.
function bound_layer_object:free() end

--- what a metric measured
---@class measurement
---@field value number What the metric is.
---@field low number? Lower end of the interval; nil where there is none.
---@field high number? Upper end of the interval; nil where there is none.
---@field level number? Confidence of the interval; nil where there is none.
---@field floor number? What the metric is for truth against truth at the same n; nil where it was not asked for.
---@field n integer? Points that were measured; nil where none were.
---@field seed integer? Of what was drawn; nil where nothing was.
---@field reference string What the value was measured against.
---@operator unm: number
---@operator add(any): number
---@operator sub(any): number
---@operator mul(any): number
---@operator div(any): number
local measurement_object = {}

--- Gives up its memory at once.
function measurement_object:free() end

--- a metric of your own
---@class metric
local metric_object = {}

--- Gives up its memory at once.
function metric_object:free() end

--- what samples are to the points of a target
---@class ledger
---@field valid measurement The share of samples on the support.
---@field novel measurement? The share on the support and not in the training set; nil without one.
---@field memorized measurement? The share of samples in the training set; nil without one.
---@field covered measurement The share of the support that the samples reach.
---@field duplicates measurement The share of samples whose point an earlier sample has.
---@field counts any Numbers of samples and of different points: samples, valid, memorized, novel, distinct, …
---@field support number How many points the support has.
local ledger_object = {}

--- Gives up its memory at once.
function ledger_object:free() end

--- points for training, in memory or on disk
---@class data_source
---@operator len: integer
---@field shape integer[] Axis lengths of a point.
---@field count integer How many points there are.
local data_source_object = {}

--- Some of the points, as a tensor in memory.
---@param indices? integer[]|tensor a list or a tensor of integers from 1; all points where absent
---@return tensor
function data_source_object:rows(indices) end

--- Gives up its memory at once.
function data_source_object:free() end

--- means and deviations of a data set
---@class standardization
---@field mean tensor Of each coordinate, float64.
---@field std tensor What each coordinate is divided by, float64.
local standardization_object = {}

--- (x − mean)/std of points.
---@param x tensor points
---@return tensor
function standardization_object:transform(x) end

--- The points that `transform` brought to these.
---@param z tensor standardised points
---@return tensor
function standardization_object:inverse(z) end

--- Gives up its memory at once.
function standardization_object:free() end

--- principal components of a data set
---@class pca
---@field mean tensor Of the points, float64.
---@field components tensor Of length 1 and orthogonal, [k] and the shape of a point, float64.
---@field variances tensor Along each component, from large to small, float64.
---@field share number Of the variance of all coordinates, that of the components.
local pca_object = {}

--- Points by their components, cᵢ · (x − mean).
---@param x tensor points
---@return tensor
function pca_object:transform(x) end

--- The points of the subspace that have these components.
---@param z tensor components of points, shape [n, k]
---@return tensor
function pca_object:inverse(z) end

--- Gives up its memory at once.
function pca_object:free() end

--- clusters of a data set
---@class kmeans
---@field centres tensor The mean of each cluster, [k] and the shape of a point.
---@field labels tensor For each point the place of its centre, from 1; int64.
---@field counts tensor How many points each cluster has; int64.
---@field inertia number The sum of the squared distances of the points to their centres.
---@field iterations integer Steps that the restart took which was kept.
local kmeans_object = {}

--- The nearest centre of points.
---@param x tensor points
---@return tensor
---@return tensor
function kmeans_object:assign(x) end

--- Gives up its memory at once.
function kmeans_object:free() end

--- a file of lines that one process writes
---@class journal
local journal_object = {}

--- Writes a line; what has been written stays, whatever ends the process.
---@param line string without a newline
function journal_object:write(line) end

--- Ends the journal, when all of it is on the disk.
function journal_object:close() end

--- Gives up its memory at once.
function journal_object:free() end

--- a figure of one or more panels
---@class figure
local figure_object = {}

--- Adds a line; NaN breaks it.
---@param x tensor|number[] heights at 1, 2, 3, … where y is absent
---@param y? tensor|number[]
---@param options? { label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:line(x, y, options) end

--- Adds a line of steps: y holds from its x to the next.
---@param x tensor|number[]
---@param y tensor|number[]
---@param options? { label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:steps(x, y, options) end

--- Adds points, coloured by a value if you like.
---@param x tensor|number[] heights at 1, 2, 3, … where y is absent
---@param y? tensor|number[]
---@param options? { value?: tensor|number[], map?: string, range?: number[], value_label?: string, value_scale?: string, label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:scatter(x, y, options) end

--- Adds points with a bar from low to high through each; without color or label, in the colour of the line before.
---@param x tensor|number[]
---@param y tensor|number[]
---@param low tensor|number[] lower ends, as heights
---@param high tensor|number[] upper ends, as heights
---@param options? { label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:errors(x, y, low, high, options) end

--- Adds an arrow from each point along a vector: a field of scores, say.
---@param x tensor|number[]
---@param y tensor|number[]
---@param dx tensor|number[] along x, in units of the axis
---@param dy tensor|number[]
---@param options? { scale?: number, label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:arrows(x, y, dx, dy, options) end

--- Adds the area between two curves; without color or label, in the colour of the line before.
---@param x tensor|number[]
---@param lower tensor|number[]
---@param upper tensor|number[]
---@param options? { label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:band(x, lower, upper, options) end

--- Adds bars around places x, or between edges (one more than heights).
---@param x tensor|number[]
---@param heights tensor|number[]
---@param options? { label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:bars(x, heights, options) end

--- Adds how often samples fall into bins.
---@param samples tensor|number[] any shape; what is not finite is left out
---@param options? { bins?: integer, range?: number[], edges?: number[], density?: boolean, label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:histogram(samples, options) end

--- Adds values on a grid, as colours.
---@param values tensor [rows columns], the first row lowest
---@param options? { x_extent?: number[], y_extent?: number[], range?: number[], map?: string, value_label?: string, value_scale?: string }
---@return figure
function figure_object:heat(values, options) end

--- Adds lines of equal value over a grid.
---@param values tensor [rows columns], the first row lowest
---@param options? { levels?: number[], x_extent?: number[], y_extent?: number[], range?: number[], map?: string, value_label?: string, value_scale?: string, label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:contours(values, options) end

--- Fills the panel with images side by side.
---@param images tensor [n height width], [n height width 3], [n 3 height width], one image [height width], or, with the option shape, [n d] or one image in colours
---@param options? { shape?: integer[], columns?: integer, range?: number[], scale_each?: boolean, captions?: string[], padding?: integer, map?: string }
---@return figure
function figure_object:images(images, options) end

--- Fills the panel with samples, each beside its nearest data point.
---@param samples tensor [n height width], [n height width 3], [n 3 height width], one image [height width], or, with the option shape, [n d] or one image in colours
---@param data tensor of the same images
---@param options? { count?: integer, shape?: integer[], columns?: integer, range?: number[], scale_each?: boolean, captions?: string[], padding?: integer, map?: string }
---@return figure
function figure_object:pairs(samples, data, options) end

--- Adds a line across the whole panel, at a height y or a place x.
---@param options? { y?: number, x?: number, label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number }
---@return figure
function figure_object:reference(options) end

--- Adds words, centred at a place.
---@param text string
---@param x number
---@param y number
---@param options? { color?: string }
---@return figure
function figure_object:note(text, x, y, options) end

--- Makes what follows draw in the panel at this place; the grid of panels grows to hold it.
---@param row integer
---@param column integer
---@param options? { title?: string, x?: string, y?: string, log?: string, x_limits?: number[], y_limits?: number[], x_ticks?: number[], y_ticks?: number[], aspect?: string, legend?: string }
---@return figure
function figure_object:panel(row, column, options) end

--- Changes the axes of the panel.
---@param options? { title?: string, x?: string, y?: string, log?: string, x_limits?: number[], y_limits?: number[], x_ticks?: number[], y_ticks?: number[], aspect?: string, legend?: string }
---@return figure
function figure_object:axes(options) end

--- Sets the size on paper.
---@param width number inches
---@param height number inches
---@return figure
function figure_object:resize(width, height) end

--- Writes the figure, whole or not at all, as the ending of the path says.
---@param path string ends in .svg, .pdf or .png
---@param options? { text?: string }
function figure_object:save(path, options) end

--- Prints the figure to the terminal.
---@param options? { width?: integer, height?: integer }
function figure_object:show(options) end

--- The figure as plain text, as the terminal shows it without colours.
---@param options? { width?: integer, height?: integer }
---@return string
function figure_object:text(options) end

--- Gives up its memory at once.
function figure_object:free() end

--- a sampler of your own
---@class sampler
local sampler_object = {}

--- Gives up its memory at once.
function sampler_object:free() end

--- what a sampler of your own works with
---@class sampling_run
---@field sde sde The diffusion.
---@field times tensor The decreasing times of the grid.
---@field evaluations integer Calls of the model so far.
local sampling_run_object = {}

--- ∇ log p_t(x).
---@param x tensor points, as the model takes them
---@param t number|tensor one time, or one for each point [n]
---@return tensor
function sampling_run_object:score(x, t) end

--- E[x_0 | x_t = x].
---@param x tensor points, as the model takes them
---@param t number|tensor one time, or one for each point [n]
---@return tensor
function sampling_run_object:denoise(x, t) end

--- E[z | x_t = x].
---@param x tensor points, as the model takes them
---@param t number|tensor one time, or one for each point [n]
---@return tensor
function sampling_run_object:noise(x, t) end

--- dx/dt of the probability flow.
---@param x tensor points, as the model takes them
---@param t number|tensor one time, or one for each point [n]
---@return tensor
function sampling_run_object:velocity(x, t) end

--- N(0, 1) numbers shaped like x, others at each call; zeros in a last step without noise.
---@param x tensor
---@return tensor
function sampling_run_object:normal(x) end

--- Gives up its memory at once.
function sampling_run_object:free() end

--- a Brownian motion that drives samplers
---@class brownian_path
---@field seed integer What it is made from.
local brownian_path_object = {}

--- W(t) for so many rows.
---@param t number time
---@param shape integer|integer[] lengths, the first that of the rows
---@return tensor
function brownian_path_object:at(t, shape) end

--- Gives up its memory at once.
function brownian_path_object:free() end

--- an update rule with its learning rate
---@class optimizer
local optimizer_object = {}

--- One update of parameters against a gradient; changes neither.
---@param p any the parameters: a float32 tensor, or tensors in nested tables
---@param g any their gradient, nested alike
---@param state? any what the update before returned; absent in the first
---@return any
---@return any
function optimizer_object:update(p, g, state) end

--- Gives up its memory at once.
function optimizer_object:free() end

--- a running average of parameters
---@class average
local average_object = {}

--- Gives up its memory at once.
function average_object:free() end

--- averages that are kept for others after the run
---@class posthoc_ema
local posthoc_ema_object = {}

--- Gives up its memory at once.
function posthoc_ema_object:free() end

--- a learning rate by the step
---@class rate
local rate_object = {}

--- Gives up its memory at once.
function rate_object:free() end

--- what training makes small
---@class loss
local loss_object = {}

--- Gives up its memory at once.
function loss_object:free() end

--- a law of times
---@class draw
local draw_object = {}

--- Gives up its memory at once.
function draw_object:free() end

--- a training run, from before its first update on
---@class fit
---@field model model The model as it is now.
---@field ema_model model? The model with averaged parameters; nil without `ema`.
---@field ema_initial number? The weight of the initial parameters in those of ema_model: 0 unless optim.ema has `initial`; nil without `ema`.
---@field log any Columns by name: step, epoch, loss (mean since the last row), probes.
---@field step integer Updates made.
---@field steps integer? Updates that `finish` goes to; nil where the run has no end.
---@field rate number Learning rate of the last update; of the first where there was none.
---@field seconds number Wall time of the updates, shared by the models of a list.
---@field batch integer Points an update; drawn with replacement where n is smaller.
---@field noises integer How often an update takes each point, with noise of its own.
---@field seed integer Of batches, times and noise.
---@field diverged any {step, quantity} where a number stopped being finite, else nil.
local fit_object = {}

--- Makes n more updates; of a list, of all models of the list that did not leave it.
---@param n integer how many
---@return fit
function fit_object:advance(n) end

--- Makes the updates that are left of `steps` or `epochs`.
---@return fit
function fit_object:finish() end

--- Makes no more updates: the others of its list go on without it.
---@return fit
function fit_object:leave() end

--- Writes the run to a file, from which train.resume goes on.
---@param path string
function fit_object:save(path) end

--- The model with averaged parameters, by a width chosen afterwards.
---@param options { std: number }
---@return model
function fit_object:posthoc_ema(options) end

--- Gives up its memory at once.
function fit_object:free() end

--- where a run is when a probe is called
---@class state
---@field model model The model as it is now.
---@field step integer Updates made.
---@field epoch number Passes over the data made.
---@field loss number Mean loss since the last row of the log.
---@field index integer Place of the model in the list of models.
---@field seed integer Seed of the run.
local state_object = {}

--- Gives up its memory at once.
function state_object:free() end

--- the gradient flow of a random-features model
---@class gradient_flow
---@field eigenvalues tensor γ of the features' Gram matrix from large to small, 0 for null modes; rates are 2 γ/m².
---@field rank integer How many modes the data drive; the others stay as they start.
---@field width integer m, the number of features.
local gradient_flow_object = {}

--- The model at a training time: an ordinary score model.
---@param tau number training time; math.huge for the end
---@return model
function gradient_flow_object:model(tau) end

--- A at a training time.
---@param tau number training time; math.huge for the end
---@return tensor
function gradient_flow_object:coefficients(tau) end

--- The denoising loss at a training time, on the data and on `test`.
---@param tau number|tensor training time: a number or a tensor; math.huge for the end
---@return any
function gradient_flow_object:loss(tau) end

--- E_t λ(t) E ‖s − ∇ ln p_t‖², under the noised data and under the noised `test`.
---@param tau number|tensor training time: a number or a tensor; math.huge for the end
---@return any
function gradient_flow_object:score_error(tau) end

--- Gives up its memory at once.
function gradient_flow_object:free() end

--- random features in high dimension at one time
---@class random_features_flow
---@field eigenvalues tensor λ of U from large to small.
local random_features_flow_object = {}

--- Training and test loss and the error of the score at a training time.
---@param tau number|tensor training time: a number or a tensor; math.huge for the end
---@return any
function random_features_flow_object:losses(tau) end

--- Gives up its memory at once.
function random_features_flow_object:free() end

--- the gradient flow of a linear score
---@class linear_flow
---@field eigenvalues tensor Of the data's second moment Σ x xᵀ/n, from large to small.
local linear_flow_object = {}

--- The model at a training time.
---@param tau number training time; math.huge for the end
---@return model
function linear_flow_object:model(tau) end

--- KL(p_t ‖ q_t) of N(0, I), noised to t, from the law whose score the model is.
---@param t number time of the diffusion
---@param tau number|tensor training time: a number or a tensor; math.huge for the end
---@return any
function linear_flow_object:kl(t, tau) end

--- Gives up its memory at once.
function linear_flow_object:free() end

--- N-dimensional arrays. `tensor{1, 2, 3}` makes one; every function is also a method.
---@class moondrift.tensor
---@overload fun(values: number|boolean|table|tensor, options?: { dtype?: "float32"|"float64"|"int64"|"bool" }): tensor
tensor = {}

--- A tensor of zeros.
---@param shape integer|integer[] lengths
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function tensor.zeros(shape, options) end

--- A tensor of ones.
---@param shape integer|integer[] lengths
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function tensor.ones(shape, options) end

--- A tensor of one value.
---@param shape integer|integer[] lengths
---@param value number
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function tensor.full(shape, value, options) end

--- Equally spaced numbers, both ends included; of one number, the first.
---@param first number
---@param last number
---@param count integer
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function tensor.linspace(first, last, count, options) end

--- The numbers first, first + step, … up to last, which is included where it is met.
---@param first number
---@param last number
---@param step? number
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function tensor.arange(first, last, step, options) end

--- The same elements in another shape; a view where they lie densely.
---@param x tensor
---@param shape integer|integer[] lengths; one may be -1
---@return tensor
function tensor.reshape(x, shape) end

--- The last two axes exchanged, as a view.
---@param x tensor
---@return tensor
function tensor.transpose(x) end

--- Axes in another order, as a view.
---@param x tensor
---@param axes integer[] 1-based axes
---@return tensor
function tensor.permute(x, axes) end

--- Column i of the last axis, as a view.
---@param x tensor
---@param i integer 1-based
---@return tensor
function tensor.column(x, i) end

--- A view with a new axis of length 1.
---@param x tensor
---@param axis integer its place, 1-based
---@return tensor
function tensor.expand(x, axis) end

--- A view with a new axis of length 1.
---@param x tensor
---@param axis integer its place, 1-based
---@return tensor
function tensor.unsqueeze(x, axis) end

--- A view that repeats axes of length 1.
---@param x tensor
---@param shape integer|integer[] lengths
---@return tensor
function tensor.broadcast(x, shape) end

--- Tensors joined along an axis that all have.
---@param parts tensor[]
---@param axis? integer 1-based
---@return tensor
function tensor.concatenate(parts, axis) end

--- Tensors of one shape along a new axis.
---@param parts tensor[]
---@param axis? integer place of the new axis, 1-based
---@return tensor
function tensor.stack(parts, axis) end

--- A dense copy with memory of its own.
---@param x tensor
---@return tensor
function tensor.copy(x) end

--- The same values in another element type.
---@param x tensor
---@param dtype "float32"|"float64"|"int64"|"bool"
---@return tensor
function tensor.to(x, dtype) end

--- The same values, seen by no gradient.
---@param x tensor
---@return tensor
function tensor.detach(x) end

--- The only element as a Lua number or boolean.
---@param x tensor
---@return any
function tensor.item(x) end

--- A hash of all elements as text: equal for equal bits in one order.
---@param x tensor
---@return string
function tensor.checksum(x) end

--- The elements as nested Lua tables.
---@param x tensor
---@return any
function tensor.table(x) end

--- Element by element: −x.
---@param x tensor
---@return tensor
function tensor.negative(x) end

--- Element by element: |x|; slope 0 at 0.
---@param x tensor
---@return tensor
function tensor.abs(x) end

--- Element by element: e^x.
---@param x tensor
---@return tensor
function tensor.exp(x) end

--- Element by element: e^x − 1, exact near 0.
---@param x tensor
---@return tensor
function tensor.expm1(x) end

--- Element by element: natural logarithm.
---@param x tensor
---@return tensor
function tensor.log(x) end

--- Element by element: ln(1 + x), exact near 0.
---@param x tensor
---@return tensor
function tensor.log1p(x) end

--- Element by element: square root.
---@param x tensor
---@return tensor
function tensor.sqrt(x) end

--- Element by element: x².
---@param x tensor
---@return tensor
function tensor.square(x) end

--- Element by element: 1/x.
---@param x tensor
---@return tensor
function tensor.reciprocal(x) end

--- Element by element: sine of radians.
---@param x tensor
---@return tensor
function tensor.sin(x) end

--- Element by element: cosine of radians.
---@param x tensor
---@return tensor
function tensor.cos(x) end

--- Element by element: hyperbolic tangent.
---@param x tensor
---@return tensor
function tensor.tanh(x) end

--- Element by element: 1/(1 + e^−x).
---@param x tensor
---@return tensor
function tensor.sigmoid(x) end

--- Element by element: x·sigmoid(x), also called swish.
---@param x tensor
---@return tensor
function tensor.silu(x) end

--- Element by element: max(x, 0); slope 0 at 0.
---@param x tensor
---@return tensor
function tensor.relu(x) end

--- Element by element: the error function.
---@param x tensor
---@return tensor
function tensor.erf(x) end

--- Element by element: 1 − erf(x), exact for large x.
---@param x tensor
---@return tensor
function tensor.erfc(x) end

--- Element by element: ln |Γ(x)|.
---@param x tensor
---@return tensor
function tensor.lgamma(x) end

--- Element by element: d/dx ln Γ(x).
---@param x tensor
---@return tensor
function tensor.digamma(x) end

--- Element by element: tangent of radians.
---@param x tensor
---@return tensor
function tensor.tan(x) end

--- Element by element: the angle whose sine is x.
---@param x tensor
---@return tensor
function tensor.asin(x) end

--- Element by element: the angle whose cosine is x.
---@param x tensor
---@return tensor
function tensor.acos(x) end

--- Element by element: the angle whose tangent is x.
---@param x tensor
---@return tensor
function tensor.atan(x) end

--- Element by element: hyperbolic sine.
---@param x tensor
---@return tensor
function tensor.sinh(x) end

--- Element by element: hyperbolic cosine.
---@param x tensor
---@return tensor
function tensor.cosh(x) end

--- Element by element: x Φ(x), Φ the normal distribution function.
---@param x tensor
---@return tensor
function tensor.gelu(x) end

--- Element by element: ln(1 + e^x).
---@param x tensor
---@return tensor
function tensor.softplus(x) end

--- Element by element: the integer below; slope 0.
---@param x tensor
---@return tensor
function tensor.floor(x) end

--- Element by element: the integer above; slope 0.
---@param x tensor
---@return tensor
function tensor.ceil(x) end

--- Element by element: the nearest integer, even on a tie; slope 0.
---@param x tensor
---@return tensor
function tensor.round(x) end

--- Element by element: −1, 0 or 1; slope 0.
---@param x tensor
---@return tensor
function tensor.sign(x) end

--- Element by element: a + b; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.add(a, b) end

--- Element by element: a − b; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.subtract(a, b) end

--- Element by element: a b, element by element; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.multiply(a, b) end

--- Element by element: a / b; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.divide(a, b) end

--- Element by element: a to the power b; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.power(a, b) end

--- Element by element: the larger; ties share the gradient; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.maximum(a, b) end

--- Element by element: the smaller; ties share the gradient; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.minimum(a, b) end

--- Element by element: the angle of the point (b, a); operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.atan2(a, b) end

--- Element by element: a − b ⌊a/b⌋, with the sign of b; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.mod(a, b) end

--- Element by element: ⌊a/b⌋, the integer below; slope 0; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.floor_divide(a, b) end

--- Element by element: ln(e^a + e^b) without overflow; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.logaddexp(a, b) end

--- Element by element, a bool tensor; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.less(a, b) end

--- Element by element, a bool tensor; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.less_equal(a, b) end

--- Element by element, a bool tensor; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.greater(a, b) end

--- Element by element, a bool tensor; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.greater_equal(a, b) end

--- Element by element, a bool tensor; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.equal(a, b) end

--- Element by element, a bool tensor; operands broadcast.
---@param a tensor
---@param b tensor|number
---@return tensor
function tensor.not_equal(a, b) end

--- Element by element, a bool tensor.
---@param x tensor
---@return tensor
function tensor.is_nan(x) end

--- Element by element, a bool tensor.
---@param x tensor
---@return tensor
function tensor.is_inf(x) end

--- Element by element, a bool tensor.
---@param x tensor
---@return tensor
function tensor.is_finite(x) end

--- x held between two bounds; slope 0 outside.
---@param x tensor
---@param low? number no bound where absent
---@param high? number no bound where absent
---@return tensor
function tensor.clamp(x, low, high) end

--- e^x / Σ e^x over an axis.
---@param x tensor
---@param axis? integer 1-based
---@return tensor
function tensor.softmax(x, axis) end

--- x − ln Σ e^x over an axis.
---@param x tensor
---@param axis? integer 1-based
---@return tensor
function tensor.log_softmax(x, axis) end

--- The sum over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.sum(x, axis, options) end

--- The mean over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.mean(x, axis, options) end

--- The product over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.prod(x, axis, options) end

--- The largest element; ties share the gradient, over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.max(x, axis, options) end

--- The smallest element; ties share the gradient, over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.min(x, axis, options) end

--- Whether an element is true or not 0, over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.any(x, axis, options) end

--- Whether every element is true or not 0, over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.all(x, axis, options) end

--- The median (of the middle two, their mean) over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.median(x, axis, options) end

--- The variance over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { correction?: integer, keepdim?: boolean }
---@return tensor
function tensor.var(x, axis, options) end

--- The standard deviation over an axis, a list of axes or all elements.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { correction?: integer, keepdim?: boolean }
---@return tensor
function tensor.std(x, axis, options) end

--- ln Σ e^x over an axis or a list of them, without overflow.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.logsumexp(x, axis, options) end

--- (Σ |x|^p)^(1/p) over axes or all elements; the slope at 0 is 0.
---@param x tensor
---@param p? number math.huge for the largest |x|, 0 counts what is not 0
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.norm(x, p, axis, options) end

--- Quantiles over axes or all elements, linear between neighbours.
---@param x tensor
---@param q number|number[] a number from 0 to 1, or a list, which becomes the first axis
---@param axis? integer|integer[] 1-based, or a list; all elements where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.quantile(x, q, axis, options) end

--- The matrix product; 1-D operands and leading axes as in NumPy.
---@param a tensor
---@param b tensor
---@return tensor
function tensor.matmul(a, b) end

--- Running sums along an axis.
---@param x tensor
---@param axis? integer 1-based
---@return tensor
function tensor.cumsum(x, axis) end

--- Running products along an axis.
---@param x tensor
---@param axis? integer 1-based
---@return tensor
function tensor.cumprod(x, axis) end

--- The place of the largest element, the first of equals; NaN wins.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; the row-major number where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.argmax(x, axis, options) end

--- The place of the smallest element, the first of equals; NaN wins.
---@param x tensor
---@param axis? integer|integer[] 1-based, or a list; the row-major number where absent
---@param options? { keepdim?: boolean }
---@return tensor
function tensor.argmin(x, axis, options) end

--- The elements in order along an axis, and their places. Stable; NaN comes last.
---@param x tensor
---@param axis? integer 1-based
---@param options? { descending?: boolean }
---@return tensor
---@return tensor
function tensor.sort(x, axis, options) end

--- The 1-based places of the elements in order. Stable; NaN comes last.
---@param x tensor
---@param axis? integer 1-based
---@param options? { descending?: boolean }
---@return tensor
function tensor.argsort(x, axis, options) end

--- The k largest (or smallest) elements along an axis, in order, and their places.
---@param x tensor
---@param k integer
---@param axis? integer 1-based
---@param options? { largest?: boolean }
---@return tensor
---@return tensor
function tensor.topk(x, k, axis, options) end

--- The different elements in order, and how often each occurs.
---@param x tensor
---@return tensor
---@return tensor
function tensor.unique(x) end

--- How many elements fall into each of equal bins; the last bin is closed.
---@param x tensor
---@param bins? integer
---@param options? { range?: number[] }
---@return tensor
---@return tensor
function tensor.histogram(x, bins, options) end

--- The element of a where the mask is true, otherwise that of b; all broadcast.
---@param mask tensor a bool tensor
---@param a tensor|number
---@param b tensor|number
---@return tensor
function tensor.where(mask, a, b) end

--- Elements along an axis by number: out[i][j] = x[index[i][j]][j] for axis 1.
---@param x tensor
---@param axis integer 1-based
---@param index tensor int64, 1-based; its other lengths are at most those of x
---@return tensor
function tensor.gather(x, axis, index) end

--- A copy of x with source added along an axis: out[index[i][j]][j] += source[i][j] for axis 1.
---@param x tensor
---@param axis integer 1-based
---@param index tensor int64, 1-based
---@param source tensor shaped like index
---@return tensor
function tensor.scatter_add(x, axis, index, source) end

--- A copy of x with elements replaced along an axis: out[index[i][j]][j] = source[i][j] for axis 1.
---@param x tensor
---@param axis integer 1-based
---@param index tensor int64, 1-based
---@param source tensor shaped like index
---@return tensor
function tensor.scatter(x, axis, index, source) end

--- Elements of one axis by number, in that order.
---@param x tensor
---@param index tensor|integer[] 1-based
---@param axis? integer 1-based
---@return tensor
function tensor.take(x, index, axis) end

--- Where x is true, or not 0: one row of 1-based indices for each such element.
---@param x tensor
---@return tensor
function tensor.nonzero(x) end

--- Writes one number into all of x, in place.
---@param x tensor
---@param value number
---@return tensor
function tensor.fill(x, value) end

--- Writes broadcast values into x, in place.
---@param x tensor
---@param values tensor|number
---@return tensor
function tensor.assign(x, values) end

--- x ← x + a y, in place.
---@param x tensor float32 or float64
---@param a number
---@param y tensor
---@return tensor
function tensor.axpy(x, a, y) end

--- The parts of an axis, as views: of one size (the last may be smaller) or a list.
---@param x tensor
---@param sizes integer|integer[] a length, or a list of lengths that add up to the axis
---@param axis? integer 1-based
---@return tensor[]
function tensor.split(x, sizes, axis) end

--- So many parts of an axis, as views, as equal as they can be.
---@param x tensor
---@param count integer
---@param axis? integer 1-based
---@return tensor[]
function tensor.chunk(x, count, axis) end

--- The whole tensor repeated along each axis.
---@param x tensor
---@param counts integer|integer[] repetitions of each axis, as many as x has or more
---@return tensor
function tensor.tile(x, counts) end

--- Each element of an axis repeated.
---@param x tensor
---@param counts integer|integer[] a number, or a list with one for each element
---@param axis? integer 1-based
---@return tensor
function tensor.repeat_interleave(x, counts, axis) end

--- More elements before and after those of each axis.
---@param x tensor
---@param widths integer|integer[][] a number for all sides, or {before, after} for each axis
---@param options? { mode?: string, value?: number }
---@return tensor
function tensor.pad(x, widths, options) end

--- Elements moved along an axis; what falls off the end comes in at the start.
---@param x tensor
---@param shift integer places, towards the start where negative
---@param axis? integer 1-based
---@return tensor
function tensor.roll(x, shift, axis) end

--- The order of elements reversed along axes, as a view.
---@param x tensor
---@param axis integer|integer[] 1-based, or a list
---@return tensor
function tensor.flip(x, axis) end

--- A view without axes of length 1.
---@param x tensor
---@param axis? integer 1-based; all axes of length 1 where absent
---@return tensor
function tensor.squeeze(x, axis) end

--- Of a vector the matrix with it as diagonal, of a matrix its diagonal.
---@param x tensor
---@param k? integer which diagonal: above the main one where positive
---@return tensor
function tensor.diag(x, k) end

--- The lower triangle of the last two axes, zeros above.
---@param x tensor
---@param k? integer the last diagonal that is kept
---@return tensor
function tensor.tril(x, k) end

--- The upper triangle of the last two axes, zeros below.
---@param x tensor
---@param k? integer the first diagonal that is kept
---@return tensor
function tensor.triu(x, k) end

--- Ones on the diagonal, zeros elsewhere.
---@param rows integer
---@param columns? integer as many as rows where absent
---@param options? { dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function tensor.eye(rows, columns, options) end

--- For each number a row of zeros with a one in its place.
---@param index tensor an int64 tensor
---@param count integer length of the new last axis
---@param options? { first?: integer, dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function tensor.one_hot(index, count, options) end

--- Coordinates of a grid: one tensor for each axis, all of the grid's shape.
---@param axes tensor[] tensors with one axis each
---@return tensor[]
function tensor.meshgrid(axes) end

--- Numbers whose logarithms are equally spaced, both ends included; of one number, the first.
---@param first number exponent of the first
---@param last number exponent of the last
---@param count integer
---@param options? { base?: number, dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function tensor.logspace(first, last, count, options) end

--- Σ a b of two vectors.
---@param a tensor
---@param b tensor
---@return tensor
function tensor.dot(a, b) end

--- The products of each element of a vector with each of another.
---@param a tensor
---@param b tensor
---@return tensor
function tensor.outer(a, b) end

--- Products of two tensors summed over pairs of axes.
---@param a tensor
---@param b tensor
---@param axes? integer|integer[][] how many of a's last axes meet as many of b's first, or {axes of a, axes of b}
---@return tensor
function tensor.tensordot(a, b, axes) end

--- The Kronecker product: b once for each element of a, times that element.
---@param a tensor
---@param b tensor
---@return tensor
function tensor.kron(a, b) end

--- Products summed over named axes: 'ij,jk->ik' is the matrix product.
---@param form string letters for the axes of each tensor, and after -> those of the result
---@param ... tensor one for each operand of the form
---@return tensor
function tensor.einsum(form, ...) end

--- The discrete Fourier transform over the last axis of numbers.
---@param x tensor complex, shape [..., n, 2]
---@return tensor
function tensor.fft(x) end

--- The inverse of fft.
---@param x tensor complex, shape [..., n, 2]
---@return tensor
function tensor.ifft(x) end

--- The discrete Fourier transform over the last two axes of numbers.
---@param x tensor complex, shape [..., n1, n2, 2]
---@return tensor
function tensor.fft2(x) end

--- The inverse of fft2.
---@param x tensor complex, shape [..., n1, n2, 2]
---@return tensor
function tensor.ifft2(x) end

--- The discrete Fourier transform of real numbers over the last axis.
---@param x tensor
---@return tensor
function tensor.rfft(x) end

--- The inverse of rfft.
---@param x tensor complex, shape [..., m, 2]
---@param count? integer real elements of the result; 2 (m - 1) where absent
---@return tensor
function tensor.irfft(x, count) end

--- The discrete Fourier transform of real numbers over the last two axes.
---@param x tensor
---@return tensor
function tensor.rfft2(x) end

--- The inverse of rfft2.
---@param x tensor complex, shape [..., n1, m, 2]
---@param count? integer real elements of the last axis; 2 (m - 1) where absent
---@return tensor
function tensor.irfft2(x, count) end

--- The frequency of each element of fft, in cycles per unit of the spacing.
---@param n integer
---@param spacing? number between samples
---@param options? { real?: boolean }
---@return tensor
function tensor.fftfreq(n, spacing, options) end

--- Reproducible random numbers: the same seed gives the same numbers at any thread count.
---@class moondrift.random
random = {}

--- A stream of random numbers.
---@param seed? integer any integer; the session's next seed where absent
---@return stream
function random.stream(seed) end

--- A seed for one part of an experiment, from the experiment's seed.
---@param seed integer any integer
---@param part integer which part: any integer
---@return integer
function random.derived_seed(seed, part) end

--- Sobol points, which fill the unit cube evenly.
---@param n integer how many; 2^k of them are best balanced
---@param dimension integer
---@param options? { skip?: integer, dtype?: "float32"|"float64"|"int64"|"bool" }
---@return tensor
function random.sobol(n, dimension, options) end

--- Linear algebra in float32 and float64. The last two axes are a matrix, those before a stack.
---@class moondrift.linalg
linalg = {}

--- X with a X = b.
---@param a tensor square matrix, or a stack of them
---@param b tensor vector, or matrix of right-hand sides; stacks broadcast
---@return tensor
function linalg.solve(a, b) end

--- X with a X = b for a triangular a; the other triangle is not read.
---@param a tensor square matrix, or a stack of them
---@param b tensor vector, or matrix of right-hand sides; stacks broadcast
---@param options? { lower?: boolean }
---@return tensor
function linalg.solve_triangular(a, b, options) end

--- The X of least norm among those that make |a X - b| least.
---@param a tensor matrix, or a stack of them
---@param b tensor vector, or matrix of right-hand sides
---@return tensor
function linalg.lstsq(a, b) end

--- The inverse. To apply it, `solve` is faster and more exact.
---@param x tensor square matrix, or a stack of them
---@return tensor
function linalg.inv(x) end

--- The pseudo-inverse of Moore and Penrose.
---@param x tensor matrix, or a stack of them
---@param options? { tolerance?: number }
---@return tensor
function linalg.pinv(x, options) end

--- The determinant.
---@param x tensor square matrix, or a stack of them
---@return tensor
function linalg.det(x) end

--- The logarithm of a determinant, which must be positive.
---@param x tensor square matrix, or a stack of them
---@return tensor
function linalg.logdet(x) end

--- The sign of the determinant and the logarithm of its size.
---@param x tensor square matrix, or a stack of them
---@return tensor
---@return tensor
function linalg.slogdet(x) end

--- The lower triangular L with x = L Lᵀ.
---@param x tensor symmetric matrix, or a stack of them
---@return tensor
function linalg.cholesky(x) end

--- x = Q R, thin: Q has orthonormal columns, R is upper triangular.
---@param x tensor matrix [m n], or a stack of them
---@return tensor
---@return tensor
function linalg.qr(x) end

--- x = U diag(s) Vᵀ, thin, the singular values from large to small.
---@param x tensor matrix [m n], or a stack of them
---@return tensor
---@return tensor
---@return tensor
function linalg.svd(x) end

--- The singular values, from large to small.
---@param x tensor matrix, or a stack of them
---@return tensor
function linalg.svdvals(x) end

--- x = V diag(w) Vᵀ, the eigenvalues from small to large.
---@param x tensor symmetric matrix, or a stack of them
---@return tensor
---@return tensor
function linalg.eigh(x) end

--- The eigenvalues of a symmetric matrix, from small to large.
---@param x tensor symmetric matrix, or a stack of them
---@return tensor
function linalg.eigvalsh(x) end

--- The eigenvalues of a square matrix, as complex numbers; no gradient.
---@param x tensor square matrix, or a stack of them
---@return tensor
function linalg.eigvals(x) end

--- The symmetric S with S S = x.
---@param x tensor symmetric matrix, or a stack of them, no eigenvalue below 0
---@return tensor
function linalg.sqrtm(x) end

--- A norm of vectors or matrices.
---@param x tensor
---@param order? number|"inf"|"fro"|"nuc" a number, 'inf'; for matrices 1, 2, 'inf', 'fro' or 'nuc'
---@param options? { axis?: integer, keepdim?: boolean }
---@return tensor
function linalg.norm(x, order, options) end

--- The distances between all pairs of two sets of points.
---@param x tensor
---@param y tensor
---@param options? { squared?: boolean, order?: number }
---@return tensor
function linalg.distances(x, y, options) end

--- The sum of the diagonal.
---@param x tensor matrix, or a stack of them
---@return tensor
function linalg.trace(x) end

--- How many singular values differ from 0.
---@param x tensor matrix, or a stack of them
---@param options? { tolerance?: number }
---@return tensor
function linalg.matrix_rank(x, options) end

--- Derivatives of functions of tensors, in reverse mode and to any order; x may be nested tables of tensors, such as a model's parameters.
---@class moondrift.grad
---@overload fun(f: function, options?: { argument?: integer }): transform
grad = {}

--- The gradient of f, as a function of the same arguments.
---@param f function a function with one number as its (first) value
---@param options? { argument?: integer }
---@return transform
function grad.grad(f, options) end

--- The value of f and its gradient, as a function of the same arguments.
---@param f function a function with one number as its (first) value
---@param options? { argument?: integer }
---@return transform
function grad.value_and_grad(f, options) end

--- A function with a gradient of your own.
---@param forward function function(x, …) → y
---@param backward function function(x, …, y, g) → the gradient for x; a list for several inputs
---@return transform
function grad.rule(forward, backward) end

--- The value of f at x and vᵀJ, the gradient of ⟨v, f⟩; v may be absent where f has one number as its value.
---@param f function a function of x
---@param x any a tensor or a table of tensors
---@param v? tensor cotangent, shaped like the value
---@return tensor
---@return any
function grad.vjp(f, x, v) end

--- The value of f at x and J v, its derivative along v.
---@param f function a function of x
---@param x any a tensor or a table of tensors
---@param v any a direction, shaped like x
---@return tensor
---@return tensor
function grad.jvp(f, x, v) end

--- H v: the Hessian of f times v, without forming it.
---@param f function a function of x with one number as its value
---@param x any a tensor or a table of tensors
---@param v any a direction, shaped like x
---@return any
function grad.hvp(f, x, v) end

--- All derivatives of f at x.
---@param f function a function of one tensor
---@param x tensor
---@return tensor
function grad.jacobian(f, x) end

--- Σ ∂fₖ/∂xₖ for each row of a batch of independent rows.
---@param f function a function from [n d] to [n d]
---@param x tensor points
---@param options? { method?: string, probes?: integer, seed?: integer }
---@return tensor
function grad.divergence(f, x, options) end

--- The same values, taken as constant by every gradient.
---@param x tensor
---@return tensor
function grad.stop(x) end

--- f(x, …) whose intermediate results are forgotten and made again in the reverse sweep.
---@param f function a function of tensors
---@param ... tensor tensors
---@return tensor
function grad.checkpoint(f, ...) end

--- A function of tensors that is run once for each kind of arguments and replayed from then on, without Lua and with few passes over memory.
---@param f function a function of tensors, tables of tensors and other values
---@param options? { check?: integer }
---@return compiled
function grad.compile(f, options) end

--- Forward diffusions dx = f(t) x dt + g(t) dW with marginals N(α(t) x_0, σ(t)² I).
---@class moondrift.sde
sde = {}

--- Variance-preserving diffusion with a linear rate, t from 0 to 1.
---@param options? { beta_min?: number, beta_max?: number }
---@return sde
function sde.vp(options) end

--- Variance-preserving diffusion with the cosine schedule, t from 0 to 1.
---@param options? { offset?: number }
---@return sde
function sde.vp_cosine(options) end

--- Sub-variance-preserving diffusion with a linear rate, t from 0 to 1.
---@param options? { beta_min?: number, beta_max?: number }
---@return sde
function sde.sub_vp(options) end

--- Variance-exploding diffusion with a geometric noise level, t from 0 to 1.
---@param options? { sigma_min?: number, sigma_max?: number }
---@return sde
function sde.ve(options) end

--- Variance-exploding diffusion with g(t) = base^t, t from 0 to 1.
---@param options? { base?: number }
---@return sde
function sde.ve_power(options) end

--- Variance-exploding diffusion whose time is the noise level itself.
---@param options? { sigma_min?: number, sigma_max?: number, rho?: number }
---@return sde
function sde.edm(options) end

--- The Ornstein–Uhlenbeck process, whose noise has variance 1 in the end.
---@param options? { rate?: number, end_time?: number }
---@return sde
function sde.ou(options) end

--- The straight path (1 − t) x_0 + t z from data to noise, t from 0 to 1.
---@return sde
function sde.linear_flow() end

--- A diffusion of your own, from α and σ or from drift and diffusion.
---@param options? { name?: string, time?: number[], alpha?: function, sigma?: function, drift?: function, diffusion?: function, sigma_0?: number }
---@return sde
function sde.define(options) end

--- Decreasing times for samplers, from noise to data. Any decreasing tensor of times is one too.
---@class moondrift.schedule
schedule = {}

--- Times evenly spaced between the first and the last time of a sampler.
---@param sde sde
---@param steps integer
---@return tensor
function schedule.uniform(sde, steps) end

--- Times evenly spaced in log-SNR, ln(α²/σ²).
---@param sde sde
---@param steps integer
---@return tensor
function schedule.log_snr(sde, steps) end

--- Times whose log-SNR falls as that of the cosine schedule.
---@param sde sde
---@param steps integer
---@return tensor
function schedule.cosine(sde, steps) end

--- Noise levels σ/α evenly spaced in the power 1/ρ, then the time of the data.
---@param sde sde
---@param levels integer noise levels
---@param options? { rho?: number }
---@return tensor
function schedule.karras(sde, levels, options) end

--- Some of the evenly spaced times that a model of discrete time is trained on.
---@param sde sde
---@param steps integer
---@param options? { of?: integer }
---@return tensor
function schedule.trained(sde, steps, options) end

--- Distributions to learn: samples, and exact density and score where they exist.
---@class moondrift.target
target = {}

--- A normal distribution N(mean, covariance) in any dimension.
---@param options? { mean?: number|boolean|table|tensor, covariance?: number|boolean|table|tensor, std?: number|number[] }
---@return target
function target.gaussian(options) end

--- A mixture of normal components in any dimension.
---@param options { means: number|boolean|table|tensor, stds?: number|number[], covariances?: number|boolean|table|tensor, weights?: number[] }
---@return target
function target.gaussian_mixture(options) end

--- The empirical distribution of a data set, whose exact score memorises it.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@return target
function target.empirical(x) end

--- A law on finitely many points, each with its weight.
---@param options { points: number|boolean|table|tensor, weights?: number[] }
---@return target
function target.finite(options) end

--- Independent coordinates, or blocks of them, each from a target of its own.
---@param factors target|target[] a target of vectors, or a list of them, a block of coordinates each
---@param options? { count?: integer }
---@return target
function target.product(factors, options) end

--- A mixture of any targets of one shape.
---@param targets target[] a list of targets
---@param options? { weights?: number[] }
---@return target
function target.mixture(targets, options) end

--- Smooth bumps of compact support on the line.
---@param options { means: number[], half_widths?: number|number[], weights?: number[] }
---@return target
function target.raised_cosine(options) end

--- The uniform law on an interval of the line, or on several.
---@param options? { low?: number|number[], high?: number|number[], weights?: number[] }
---@return target
function target.uniform(options) end

--- The uniform law on the dark squares of a board in the plane.
---@param options? { squares?: integer, side?: number }
---@return target
function target.checkerboard(options) end

--- A target of few coordinates, laid into a space of many.
---@param law target the target within the subspace, of vectors
---@param options? { dimension?: integer, basis?: number|boolean|table|tensor, mean?: number[], seed?: integer }
---@return target
function target.subspace(law, options) end

--- A Gaussian process on the line, seen at some places: random functions.
---@param options? { points?: integer|number[], kernel?: string, length?: number, std?: number, noise?: number }
---@return target
function target.gaussian_process(options) end

--- Pictures of white dots on black, one or several, at any pixels.
---@param options { size: integer|integer[], amplitude?: number, count?: integer }
---@return target
function target.dots(options) end

--- Independent coordinates that are −1 or 1, each as likely.
---@param options? { dimension?: integer, shape?: integer[] }
---@return target
function target.binary(options) end

--- Cantor's dust: points of a fractal, each coordinate in what is left without middle thirds.
---@param options? { dimension?: integer, depth?: integer }
---@return target
function target.cantor(options) end

--- Spins −1 or 1 in a row, each of which feels its neighbours.
---@param options { length: integer, coupling?: number, field?: number, closed?: boolean }
---@return target
function target.ising_chain(options) end

--- Sites in a row with one of q states each, which feel their neighbours.
---@param options { length: integer, states?: integer, coupling?: number, field?: number[], closed?: boolean }
---@return target
function target.potts_chain(options) end

--- A target of your own, from functions on batches of points.
---@param options? { dimension?: integer, shape?: integer[], name?: string, log_density?: function, energy?: function, score?: function, sample?: function }
---@return target
function target.define(options) end

--- Square pictures of two regular grounds, parted by a regular contour.
---@param options { alpha: number, size?: integer, beta?: number, amplitude?: number }
---@return target
function target.c_alpha(options) end

--- Square pictures of one disk: its radius, place, intensity and ground are drawn.
---@param options { size: integer, radius?: number[], supersampling?: integer }
---@return target
function target.disks(options) end

--- One picture at every brightness: a line segment in the space of pictures.
---@param options { image: number|boolean|table|tensor, brightness?: number[] }
---@return target
function target.ray(options) end

--- Pictures of one plane wave, whose phase and intensity are drawn.
---@param options { size: integer|integer[], frequency?: integer[], intensity?: number[], mean?: number }
---@return target
function target.sines(options) end

--- Pictures of another law, through one fixed random permutation of the pixels.
---@param law target|tensor a target, or pictures [n, h, w] or [n, c, h, w] as an empirical law
---@param options? { seed?: integer }
---@return target
function target.shuffled(law, options) end

--- Patches of photographs, from any place of any of them.
---@param images tensor[]|tensor pictures [h, w] or [c, h, w] in a list, of any sizes, or one tensor [n, h, w]
---@param options { size: integer|integer[] }
---@return target
function target.patches(images, options) end

--- Pictures of simple polygons whose number of vertices, size, place and form are drawn.
---@param options { size: integer|integer[], vertices?: integer|integer[], radius?: number[], spread?: number, filled?: boolean, thickness?: number, subsamples?: integer }
---@return target
function target.polygons(options) end

--- Vertices of simple polygons whose number, size, place and form are drawn.
---@param options? { vertices?: integer|integer[], radius?: number[], spread?: number }
---@return target
function target.polygon_vertices(options) end

--- Pictures of polygons from their vertices.
---@param vertices tensor shape [n, v, 2]: row and column of each, from −1 at the first edge of the picture to 1 at the last
---@param options { size: integer|integer[], filled?: boolean, thickness?: number, subsamples?: integer }
---@return tensor
function target.rasterize(vertices, options) end

--- The polygon that each picture is most like.
---@param x tensor pictures [n, h, w] from 0 to 1
---@param options? { vertices?: integer, filled?: boolean, thickness?: number }
---@return tensor
---@return tensor
---@return tensor
function target.fit_polygons(x, options) end

--- Circles about 0 in the plane, with noise about them.
---@param options? { radii?: number[], std?: number, weights?: number[] }
---@return target
function target.rings(options) end

--- Two half circles in the plane that reach into each other, with noise about them.
---@param options? { std?: number }
---@return target
function target.moons(options) end

--- Arms of a spiral about 0 in the plane, with noise about them.
---@param options? { arms?: integer, turns?: number, radius?: number, std?: number }
---@return target
function target.spiral(options) end

--- A rolled-up line in the plane, or a sheet in space, with noise about it.
---@param options? { radius?: number, std?: number, height?: number }
---@return target
function target.swiss_roll(options) end

--- Score models: networks, and exact scores in the same form.
---@class moondrift.nn
nn = {}

--- One-hidden-layer score network with random time features, all weights trained.
---@param options? { sde?: sde, dimension?: integer, shape?: integer[], width?: integer, activation?: string, time_features?: integer, feature_scale?: number, divisor?: number, predicts?: string, sigma_data?: number|tensor, seed?: integer }
---@return model|network
function nn.score_mlp(options) end

--- Residual network for vectors; pictures are flattened in it.
---@param options? { sde?: sde, dimension?: integer, shape?: integer[], predicts?: string, sigma_data?: number|tensor, width?: integer, blocks?: integer, embedding?: integer, classes?: integer, seed?: integer }
---@return model|network
function nn.residual_mlp(options) end

--- Bias-free convolutional denoiser of images of any size.
---@param options? { sde?: sde, dimension?: integer, shape?: integer[], predicts?: string, sigma_data?: number|tensor, depth?: integer, width?: integer, kernel?: integer, seed?: integer }
---@return model|network
function nn.bf_cnn(options) end

--- Bias-free U-Net, a blind denoiser of images.
---@param options? { sde?: sde, dimension?: integer, shape?: integer[], predicts?: string, sigma_data?: number|tensor, blocks?: integer, width?: integer, convolutions?: integer, kernel?: integer, seed?: integer }
---@return model|network
function nn.unet(options) end

--- Time-dependent U-Net with group norm, the score network of the tutorial of Song et al.
---@param options? { sde?: sde, dimension?: integer, shape?: integer[], predicts?: string, sigma_data?: number|tensor, channels?: integer[], embedding?: integer, scale?: number, seed?: integer }
---@return model|network
function nn.score_net(options) end

--- Time-dependent U-Net with attention, of chosen size.
---@param options? { sde?: sde, dimension?: integer, shape?: integer[], predicts?: string, sigma_data?: number|tensor, channels?: integer, multipliers?: integer[], blocks?: integer, attention?: integer[], heads?: integer, dropout?: number, classes?: integer, seed?: integer }
---@return model|network
function nn.ddpmpp(options) end

--- Residual convolutional network that sees each pixel's neighbourhood alone.
---@param options? { sde?: sde, dimension?: integer, shape?: integer[], predicts?: string, sigma_data?: number|tensor, width?: integer, layers?: integer, kernel?: integer, padding_mode?: string, norm?: boolean, classes?: integer, seed?: integer }
---@return model|network
function nn.local_cnn(options) end

--- Score model with a frozen random first layer: only the output weights are trained.
---@param options? { sde?: sde, dimension?: integer, shape?: integer[], width?: integer, activation?: string, time_features?: integer, feature_scale?: number, predicts?: string, sigma_data?: number|tensor, seed?: integer }
---@return model|network
function nn.random_features(options) end

--- A model of your own, from a function on batches of points and times.
---@param options? { sde?: sde, dimension?: integer, shape?: integer[], forward?: function, predicts?: string, sigma_data?: number|tensor, score?: function, classes?: integer, parameters?: any, buffers?: any, layers?: layer|table, name?: string, seed?: integer }
---@return model|network
function nn.define(options) end

--- Linear map of vectors.
---@param options { inputs: integer, outputs: integer, bias?: boolean, initial?: string, gain?: number }
---@return layer
function nn.linear(options) end

--- Convolution of images.
---@param options { inputs: integer, outputs: integer, kernel?: integer, stride?: integer, padding?: integer, padding_mode?: string, dilation?: integer, groups?: integer, bias?: boolean, initial?: string, gain?: number, way?: string }
---@return layer
function nn.conv2d(options) end

--- Transposed convolution of images, which makes them larger.
---@param options { inputs: integer, outputs: integer, kernel?: integer, stride?: integer, padding?: integer, output_padding?: integer, dilation?: integer, groups?: integer, bias?: boolean, initial?: string, gain?: number }
---@return layer
function nn.conv_transpose2d(options) end

--- The mean of each window of images.
---@param options? { kernel?: integer, stride?: integer, padding?: integer }
---@return layer
function nn.average_pool2d(options) end

--- The largest number of each window of images.
---@param options? { kernel?: integer, stride?: integer, padding?: integer }
---@return layer
function nn.max_pool2d(options) end

--- Images a number of times larger.
---@param options? { factor?: integer, mode?: string }
---@return layer
function nn.upsample2d(options) end

--- Division of each channel by its standard deviation alone.
---@param options { channels: integer, momentum?: number, epsilon?: number }
---@return layer
function nn.bias_free_norm(options) end

--- Each channel with mean 0 and variance 1 over a batch.
---@param options { channels: integer, momentum?: number, epsilon?: number }
---@return layer
function nn.batch_norm(options) end

--- Groups of channels with mean 0 and variance 1, each point by itself.
---@param options { groups: integer, channels: integer }
---@return layer
function nn.group_norm(options) end

--- The last axis with mean 0 and variance 1.
---@param options { features: integer }
---@return layer
function nn.layer_norm(options) end

--- max(x, 0).
---@return layer
function nn.relu() end

--- x·sigmoid(x), also called swish.
---@return layer
function nn.silu() end

--- x Φ(x) in its tanh form (Hendrycks and Gimpel 2016).
---@return layer
function nn.gelu() end

--- The hyperbolic tangent.
---@return layer
function nn.tanh() end

--- 1/(1 + e^−x).
---@return layer
function nn.sigmoid() end

--- Numbers set to 0 at random while a network is trained.
---@param options? { rate?: number }
---@return layer
function nn.dropout(options) end

--- Self-attention over the places of images or sequences.
---@param options { channels: integer, heads?: integer }
---@return layer
function nn.attention(options) end

--- Sines and cosines of times, of random frequencies.
---@param options { features: integer, scale?: number }
---@return layer
function nn.fourier_embedding(options) end

--- Sines and cosines of times, of frequencies in geometric progression.
---@param options { features: integer, period?: number, scale?: number, endpoint?: boolean }
---@return layer
function nn.sinusoidal_embedding(options) end

--- A scale and a shift of each channel that depend on features.
---@param options { features: integer, channels: integer, scales?: boolean }
---@return layer
function nn.film(options) end

--- Layers one after the other.
---@param layers layer[] a list of layers
---@return layer
function nn.sequential(layers) end

--- The sum of points and what a layer makes of them.
---@param body layer a layer
---@param options? { shortcut?: layer }
---@return layer
function nn.residual(body, options) end

--- Points and what a layer makes of them, one behind the other in their channels.
---@param body layer a layer
---@return layer
function nn.skip(body) end

--- A model of a network: what its output stands for, and a diffusion.
---@param options { network: network|model, sde: sde, predicts?: string, sigma_data?: number|tensor }
---@return model
function nn.model(options) end

--- The exact model of pictures for a score that is local, equivariant, both or neither.
---@param options { data: tensor, sde: sde, kind?: string, patch?: integer|function, border?: string }
---@return model
function nn.score_machine(options) end

--- Reads a network that m:save wrote: the same parameters, bit for bit.
---@param path string
---@param options? { score?: function, forward?: function }
---@return model
function nn.load(path, options) end

--- A blind denoiser that comes with the program, trained on photographs.
---@param name string of the network
---@return model
function nn.pretrained(name) end

--- Fills the parameters of a network from a file of PyTorch, safetensors or npz.
---@param network network|model a network or a model
---@param path string .pt, .pth, .safetensors or .npz
---@param options? { map?: function|table, key?: string, partial?: boolean }
---@return any
function nn.load_state(network, path, options) end

--- Writes the parameters and buffers of a network by their names, and nothing else.
---@param network network|model a network or a model
---@param path string .safetensors or .npz
function nn.save_state(network, path) end

--- How far a model or its samples are from a target, and how much they copy the data.
---@class moondrift.metric
metric = {}

--- KL divergence of the target from the density of a score at a small time (Li et al. 2023).
---@param target target
---@param model model
---@param options? { time?: number, points?: integer, range?: number[], nodes?: integer, info?: boolean }
---@return number
---@return measurement?
function metric.kl_of_score(target, model, options) end

--- KL divergence of the noised target p_t from the density of a score at the same time.
---@param target target
---@param model model
---@param options? { time?: number, points?: integer, range?: number[], nodes?: integer, info?: boolean }
---@return number
---@return measurement?
function metric.kl_at_time(target, model, options) end

--- How far the score of a model is from the exact one at each noise level.
---@param model model
---@param exact model another model of the same diffusion: target:model(sde)
---@param options { points: target|tensor, count?: integer, times?: number[], draws?: integer, seed?: integer }
---@return any
function metric.score_error(model, exact, options) end

--- The share of samples much nearer to one data point than to any other.
---@param samples tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param data tensor points of the same shape
---@param options? { ratio?: number, reference?: tensor, info?: boolean, level?: number }
---@return number
---@return tensor
---@return tensor
---@return integer
---@return measurement?
function metric.memorized_fraction(samples, data, options) end

--- The energy distance of two samples: 0 for equal laws only.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { level?: number, floors?: integer, seed?: integer }
---@return measurement
function metric.energy_distance(x, y, options) end

--- The Wasserstein distance of projections of two samples on random lines.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { level?: number, floors?: integer, seed?: integer, projections?: integer, p?: number }
---@return measurement
function metric.sliced_wasserstein(x, y, options) end

--- The Wasserstein distance of two samples, exact.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { level?: number, floors?: integer, seed?: integer, p?: number }
---@return measurement
function metric.wasserstein(x, y, options) end

--- The Sinkhorn divergence of two samples: transport with entropy, without its bias.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { level?: number, floors?: integer, seed?: integer, epsilon?: number, p?: number, tolerance?: number, iterations?: integer }
---@return measurement
function metric.sinkhorn(x, y, options) end

--- The squared maximum mean discrepancy of two samples, by Gaussian kernels.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { level?: number, floors?: integer, seed?: integer, bandwidths?: number[], biased?: boolean }
---@return measurement
function metric.mmd(x, y, options) end

--- The Fréchet distance of two samples: of normal laws with their moments, squared.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { level?: number, floors?: integer, seed?: integer }
---@return measurement
function metric.frechet(x, y, options) end

--- The kernel inception distance of two samples: MMD² by a cubic kernel, without bias.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { level?: number, floors?: integer, seed?: integer }
---@return measurement
function metric.kid(x, y, options) end

--- KL divergence of the law of x from that of y, by nearest neighbours.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { level?: number, floors?: integer, seed?: integer, k?: integer }
---@return measurement
function metric.kl_nearest(x, y, options) end

--- KL divergence of x from y, both taken for normal laws with their moments.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { level?: number, floors?: integer, seed?: integer }
---@return measurement
function metric.kl_gaussian(x, y, options) end

--- Tests whether two samples are of one law: a permutation test.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y target|tensor points of the same shape, or a target
---@param options? { permutations?: integer, projections?: integer, draws?: integer, seed?: integer }
---@return number
---@return any
function metric.same_law(x, y, options) end

--- Precision, recall, density and coverage of samples, by nearest neighbours.
---@param samples tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param data tensor points of the same shape
---@param options? { k?: integer, level?: number }
---@return measurement
---@return measurement
---@return measurement
---@return measurement
function metric.precision_recall(samples, data, options) end

--- Tests whether two samples are of one law: by MMD, under random relabellings.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param y tensor points of the same shape
---@param options? { permutations?: integer, bandwidths?: number[], seed?: integer }
---@return number
---@return any
function metric.mmd_test(x, y, options) end

--- The denoising loss of a model at each noise level, on points it was not trained on.
---@param model model
---@param x tensor points, shape [n, d] or [n] and the model's shape
---@param options? { times?: number[], draws?: integer, seed?: integer }
---@return any
function metric.dsm_loss(model, x, options) end

--- What kl_of_score gives for the exact score of the noised target.
---@param target target
---@param sde sde the diffusion
---@param options? { time?: number, points?: integer, range?: number[], nodes?: integer }
---@return number
function metric.kl_of_score_floor(target, sde, options) end

--- The density whose score a model has at one time, on a grid.
---@param model model
---@param options { range: number[], time?: number, points?: integer, nodes?: integer }
---@return tensor
---@return tensor
function metric.density_of_score(model, options) end

--- How much of the density of a score lies left of a point: the weight of a mode.
---@param model model
---@param options { range: number[], at?: number, time?: number, points?: integer, nodes?: integer }
---@return number
function metric.mass_left(model, options) end

--- The denoising loss of the exact score: what no model can go below.
---@param target target
---@param sde sde the diffusion
---@param options? { weight?: function, nodes?: integer }
---@return number
function metric.dsm_bayes_loss(target, sde, options) end

--- The peak signal-to-noise ratio of pictures beside others, in decibels.
---@param x tensor pictures, shape [h, w], [n, h, w] or [n, c, h, w]
---@param y tensor pictures of the same shape
---@param options? { peak?: number, each?: boolean, level?: number }
---@return measurement|tensor
function metric.psnr(x, y, options) end

--- The structural similarity of pictures beside others, 1 where they are equal.
---@param x tensor pictures, shape [h, w], [n, h, w] or [n, c, h, w]
---@param y tensor pictures of the same shape
---@param options? { window?: string, peak?: number, each?: boolean, level?: number }
---@return measurement|tensor
function metric.ssim(x, y, options) end

--- The PSNR of a denoiser's results against that of the noisy pictures it is given.
---@param model model
---@param x tensor clean pictures, shape [n, d] or [n] and the model's shape
---@param options? { sigmas?: number[], peak?: number, seed?: integer }
---@return any
function metric.psnr_curve(model, x, options) end

--- The mean squared error of a denoiser, estimated from noisy pictures alone.
---@param model model
---@param y tensor noisy pictures, shape [n, d] or [n] and the model's shape
---@param options { sigma: number, probes?: integer, exact?: boolean, each?: boolean, level?: number, seed?: integer }
---@return measurement|tensor
function metric.sure(model, y, options) end

--- σ² tr ∂f/∂y: what the squared error of a denoiser is if it is the best there is.
---@param model model
---@param y tensor noisy pictures, shape [n, d] or [n] and the model's shape
---@param options { sigma: number, probes?: integer, exact?: boolean, each?: boolean, level?: number, seed?: integer }
---@return measurement|tensor
function metric.mmse_from_trace(model, y, options) end

--- How many eigenvalues count: exp of the entropy of their shares.
---@param values number|boolean|table|tensor numbers or a tensor; their sizes count
---@return number
function metric.effective_rank(values) end

--- How far the spaces of two sets of vectors agree, from 0 to 1.
---@param u tensor k independent vectors, shape [k, d] or [k] and the shape of a picture
---@param v tensor l vectors of the same shape
---@return measurement
function metric.subspace_alignment(u, v) end

--- The data points nearest to each point.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param data tensor points of the same shape
---@param options? { k?: integer }
---@return tensor
---@return tensor
function metric.nearest(x, data, options) end

--- Quantiles of the values that are not nan.
---@param values number|boolean|table|tensor numbers or a tensor
---@param probabilities number[] numbers from 0 to 1
---@return number[]
---@return integer
function metric.quantiles(values, probabilities) end

--- The median and the central interval of the values that are not nan.
---@param values number|boolean|table|tensor numbers or a tensor
---@param options? { level?: number }
---@return number
---@return number
---@return number
---@return integer
function metric.interval(values, options) end

--- A confidence interval for the median or mean, by the percentile bootstrap.
---@param values number|boolean|table|tensor numbers or a tensor
---@param options? { statistic?: string, level?: number, resamples?: integer, seed?: integer }
---@return number
---@return number
---@return number
---@return integer
function metric.bootstrap(values, options) end

--- A metric of your own, from a function of two samples.
---@param options { name: string, body: function, properties?: string[], interval?: string, resamples?: integer }
---@return metric
function metric.define(options) end

--- Holds a metric to what it claims, on laws that are known.
---@param metric metric|string one of metric.define, or the name of one here
---@return any
function metric.certify(metric) end

--- Which samples are points of a target's support, which are new, which copies.
---@param samples tensor shape [n, d] or [n] and the target's shape
---@param options { target: target, training?: tensor, tolerance?: number, level?: number }
---@return ledger
function metric.ledger(samples, options) end

--- Data sets: those that come with the program, and files in their formats.
---@class moondrift.data
data = {}

--- Reads a file in the format of MNIST, packed by gzip or not.
---@param path string
---@param options? { dtype?: string }
---@return tensor
function data.idx(path, options) end

--- Handwritten digits: 4,000 of MNIST, some 400 of each, shuffled.
---@param options? { count?: integer, scale?: number[] }
---@return tensor
---@return tensor
function data.mnist(options) end

--- Reads pictures, PNG and JPEG, as numbers from 0 to 1.
---@param source string|string[] a folder, whose pictures come in the order of their names; a file, or a list of files
---@param options? { grey?: boolean, crop?: integer|integer[]|string, size?: integer|integer[]|string, resize?: string, patches?: integer, stride?: integer, limit?: integer, shuffle?: boolean, seed?: integer, skip?: boolean }
---@return any
function data.images(source, options) end

--- Writes a picture as a PNG file.
---@param path string ends in .png
---@param x tensor grey [h w] or [1 h w], or colours [3 h w]
---@param options? { scale?: number[] }
function data.save_image(path, x, options) end

--- Cuts pictures into squares, row by row over each picture.
---@param x tensor pictures [n h w] or [n c h w]
---@param length integer pixels along a side
---@param options? { stride?: integer }
---@return tensor
function data.patches(x, length, options) end

--- The points in turn until there are so many: a data_source, which takes no memory.
---@param x tensor|data_source points [n, …], a data_source, or labels: int64 [n]
---@param count integer how many
---@return tensor|data_source
function data.tile(x, count) end

--- Pictures that are mirrored and moved at random each time they are drawn.
---@param x tensor|data_source pictures [n h w] or [n c h w], or a data_source
---@param options? { flip?: boolean, shift?: integer, seed?: integer }
---@return data_source
function data.augment(x, options) end

--- Points in disjoint parts, drawn at random.
---@param x tensor points [n, …], or labels [n]
---@param parts number|integer[] the share of the first of two parts, or a list of how many each part has
---@param options? { shuffle?: boolean, seed?: integer }
---@return any
function data.split(x, parts, options) end

--- Points without near duplicates: the first of each, in their order.
---@param x tensor points [n, …]
---@param options? { correlation?: number, size?: integer, indices?: boolean }
---@return tensor
function data.distinct(x, options) end

--- Points that stay on disk until a batch needs them: for data larger than memory.
---@param source string|string[] a file .npy or of IDX, a folder of pictures, or a list of pictures
---@param options? { grey?: boolean, crop?: integer|integer[]|string, size?: integer|integer[]|string, resize?: string, limit?: integer, scale?: number, shift?: number }
---@return data_source
function data.stream(source, options) end

--- Photographs that come with the program: grey, 150 to 256 pixels high and 225 to 320 wide.
---@param options? { names?: string[] }
---@return any
function data.photographs(options) end

--- Brings each coordinate of a data set, a pixel of pictures, to mean 0 and variance 1.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@return tensor
---@return standardization
function data.standardize(x) end

--- Principal components of a data set.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]; 2 or more
---@param options? { components?: integer }
---@return pca
function data.pca(x, options) end

--- Clusters of a data set by k-means.
---@param x tensor points, shape [n, d], or pictures [n, h, w] or [n, c, h, w]
---@param options { clusters: integer, restarts?: integer, iterations?: integer, centres?: number|boolean|table|tensor, seed?: integer }
---@return kmeans
function data.kmeans(x, options) end

--- Pictures with their pixels in another order, the same for all.
---@param x tensor points [n, d], or pictures [n, h, w] or [n, c, h, w], whose channels stay together
---@param options? { seed?: integer, inverse?: boolean }
---@return tensor
function data.shuffled_pixels(x, options) end

--- Files, written whole or not at all: a failure leaves what was there before. Symbolic links are followed; a hard link parts from its other names.
---@class moondrift.file
file = {}

--- Writes a value as JSON.
---@param path string
---@param value any nil, booleans, numbers, strings, tensors, and tables of them
---@param options? { nan?: string }
function file.save_json(path, value, options) end

--- The content of a file: its bytes, as they stand.
---@param path string
---@return string
function file.read_text(path) end

--- Writes a string to a file, byte for byte.
---@param path string
---@param text string
function file.write_text(path, text) end

--- A value as JSON on one line, as `file.save_json` writes it.
---@param value any
---@param options? { nan?: string }
---@return string
function file.json_text(value, options) end

--- The value of a JSON text, as `file.load` reads it.
---@param text string
---@param options? { null?: any }
---@return any
function file.parse_json(text, options) end

--- Reads a file of arrays: .npy, .npz, .safetensors, .pt, .pth, .csv or .json, by its ending.
---@param path string
---@param options? { columns?: boolean|string[], missing?: boolean, dtype?: string, null?: any }
---@return any
function file.load(path, options) end

--- Writes a tensor or a table of tensors, in the format that the ending names.
---@param path string .npy, .npz, .safetensors, .csv or .json
---@param value any a tensor (npy, csv), a table of tensors (npz, safetensors), a table of columns (csv), any value (json)
---@param options? { columns?: string[], nan?: string }
function file.save(path, value, options) end

--- Makes a folder, and those above it where they are missing.
---@param path string
---@return boolean
function file.make_directory(path) end

--- The names in a folder, sorted, without `.` and `..`.
---@param path string
---@return string[]
function file.list(path) end

--- What a path leads to, links followed.
---@param path string
---@return string?
function file.kind(path) end

--- Makes a new file for lines, and holds it until it is closed or the process ends.
---@param path string
---@return journal
function file.journal(path) end

--- Whether a process that lives holds a journal.
---@param path string
---@return boolean
function file.is_held(path) end

--- Figures: shown in the terminal, saved as SVG, PDF or PNG. `plot.line(x, y)` at the prompt shows itself; `f:save("kl.svg")` writes it.
---@class moondrift.plot
plot = {}

--- An empty figure to draw in.
---@param options? { title?: string, x?: string, y?: string, log?: string, x_limits?: number[], y_limits?: number[], x_ticks?: number[], y_ticks?: number[], aspect?: string, legend?: string, size?: number[] }
---@return figure
function plot.figure(options) end

--- A figure of one line.
---@param x tensor|number[] heights at 1, 2, 3, … where y is absent
---@param y? tensor|number[]
---@param options? { label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number, title?: string, x?: string, y?: string, log?: string, x_limits?: number[], y_limits?: number[], x_ticks?: number[], y_ticks?: number[], aspect?: string, legend?: string }
---@return figure
function plot.line(x, y, options) end

--- A figure of points, coloured by a value if you like.
---@param x tensor|number[] heights at 1, 2, 3, … where y is absent
---@param y? tensor|number[]
---@param options? { value?: tensor|number[], map?: string, range?: number[], value_label?: string, value_scale?: string, label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number, title?: string, x?: string, y?: string, log?: string, x_limits?: number[], y_limits?: number[], x_ticks?: number[], y_ticks?: number[], aspect?: string, legend?: string }
---@return figure
function plot.scatter(x, y, options) end

--- A figure of how often samples fall into bins.
---@param samples tensor|number[] any shape; what is not finite is left out
---@param options? { bins?: integer, range?: number[], edges?: number[], density?: boolean, label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number, title?: string, x?: string, y?: string, log?: string, x_limits?: number[], y_limits?: number[], x_ticks?: number[], y_ticks?: number[], aspect?: string, legend?: string }
---@return figure
function plot.histogram(samples, options) end

--- A figure of values on a grid, as colours.
---@param values tensor [rows columns], the first row lowest
---@param options? { x_extent?: number[], y_extent?: number[], range?: number[], map?: string, value_label?: string, value_scale?: string, title?: string, x?: string, y?: string, log?: string, x_limits?: number[], y_limits?: number[], x_ticks?: number[], y_ticks?: number[], aspect?: string, legend?: string }
---@return figure
function plot.heat(values, options) end

--- A figure of lines of equal value over a grid.
---@param values tensor [rows columns], the first row lowest
---@param options? { levels?: number[], x_extent?: number[], y_extent?: number[], range?: number[], map?: string, value_label?: string, value_scale?: string, label?: string, color?: string, width?: number, style?: string, marker?: string, marker_size?: number, opacity?: number, title?: string, x?: string, y?: string, log?: string, x_limits?: number[], y_limits?: number[], x_ticks?: number[], y_ticks?: number[], aspect?: string, legend?: string }
---@return figure
function plot.contours(values, options) end

--- A figure of images side by side, grey or in colours.
---@param images tensor [n height width], [n height width 3], [n 3 height width], one image [height width], or, with the option shape, [n d] or one image in colours
---@param options? { shape?: integer[], columns?: integer, range?: number[], scale_each?: boolean, captions?: string[], padding?: integer, map?: string, title?: string, path?: string }
---@return figure
function plot.images(images, options) end

--- A figure of samples, each beside its nearest data point; under it how much nearer that is than the next.
---@param samples tensor [n height width], [n height width 3], [n 3 height width], one image [height width], or, with the option shape, [n d] or one image in colours
---@param data tensor of the same images
---@param options? { count?: integer, shape?: integer[], columns?: integer, range?: number[], scale_each?: boolean, captions?: string[], padding?: integer, map?: string, title?: string }
---@return figure
function plot.pairs(samples, data, options) end

--- Samplers: from noise to samples of a model, along its diffusion.
---@class moondrift.sample
---@field last any The samples of the last run, whole or as an error, a NaN or Ctrl-C left them: points after `step` of the steps, time (of each sample, where they step apart), times, seed, evaluations, what was recorded, and the message of what ended it.
sample = {}

--- Euler–Maruyama on the reverse SDE.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, noise_scale?: number }
---@return tensor
---@return table?
function sample.euler_maruyama(model, options) end

--- The reverse SDE in the steps of the forward one, x ← (2 − a) x + b² s + b z.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.reverse_diffusion(model, options) end

--- Ancestral sampling: from the law of the step before given the posterior mean.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.ancestral(model, options) end

--- Denoising diffusion (DDPM); one model call a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, variance?: string }
---@return tensor
---@return table?
function sample.ddpm(model, options) end

--- Denoising diffusion implicit models (DDIM); one model call a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, eta?: number }
---@return tensor
---@return table?
function sample.ddim(model, options) end

--- Euler's method on the probability-flow ODE; one model call a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.euler(model, options) end

--- Heun's method on the probability-flow ODE; two model calls a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.heun(model, options) end

--- The classical Runge–Kutta method on the probability-flow ODE; four model calls a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.rk4(model, options) end

--- Dormand–Prince on the probability-flow ODE; each sample chooses its own steps.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, rtol?: number, atol?: number, max_steps?: integer }
---@return tensor
---@return table?
function sample.rk45(model, options) end

--- The linear multistep method on the probability flow; one model call a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, order?: integer }
---@return tensor
---@return table?
function sample.lms(model, options) end

--- DPM-Solver-1 on the probability flow; one model call a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.dpm_solver_1(model, options) end

--- DPM-Solver-2 on the probability flow; two model calls a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.dpm_solver_2(model, options) end

--- DPM-Solver-3 on the probability flow; three model calls a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.dpm_solver_3(model, options) end

--- DPM-Solver++(2S), of single steps, on the probability flow; two model calls a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.dpm_solver_pp_2s(model, options) end

--- DPM-Solver++ of two steps on the probability flow; one model call a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.dpm_solver_pp_2m(model, options) end

--- DPM-Solver++(3M), of three steps, on the probability flow; one model call a step, two in the first.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.dpm_solver_pp_3m(model, options) end

--- SDE-DPM-Solver++(2M), of two steps, on the reverse SDE; one model call a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.dpm_solver_pp_sde(model, options) end

--- UniPC, predictor and corrector on the probability flow; one model call a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, order?: integer }
---@return tensor
---@return table?
function sample.unipc(model, options) end

--- Euler's method on the flow, from the velocity alone; one model call a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.flow_euler(model, options) end

--- The midpoint method on the flow, from the velocity alone; two model calls a step.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean }
---@return tensor
---@return table?
function sample.flow_midpoint(model, options) end

--- Heun's method with noise added before each step (churn).
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, churn?: number, churn_from?: number, churn_to?: number, noise_factor?: number }
---@return tensor
---@return table?
function sample.edm_stochastic(model, options) end

--- Euler–Maruyama on the reverse SDE, with Langevin steps before each of its steps.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, corrections?: integer, ratio?: number, norms?: string }
---@return tensor
---@return table?
function sample.predictor_corrector(model, options) end

--- Langevin steps at each of the falling noise levels.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, corrections?: integer, ratio?: number, norms?: string }
---@return tensor
---@return table?
function sample.annealed_langevin(model, options) end

--- Langevin dynamics with a velocity, at each of the falling noise levels.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, corrections?: integer, ratio?: number, friction?: number, level?: number }
---@return tensor
---@return table?
function sample.underdamped_langevin(model, options) end

--- Langevin steps with the test of Metropolis, at each of the falling noise levels.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, corrections?: integer, ratio?: number, level?: number }
---@return tensor
---@return table?
function sample.mala(model, options) end

--- The reverse SDE; each sample chooses its own steps.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, rtol?: number, atol?: number, max_steps?: integer }
---@return tensor
---@return table?
function sample.adaptive_sde(model, options) end

--- Exact steps of the reverse diffusion of Gaussian data, of any length.
---@param model model any score: a network or an exact one
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, mean?: tensor, covariance?: tensor }
---@return tensor
---@return table?
function sample.gaussian_step(model, options) end

--- Ascent with a blind denoiser from coarse to fine; it ends at a noise level.
---@param model model a blind denoiser
---@param options? { count?: integer, steps?: integer, seed?: integer, noise?: brownian_path, times?: number[]|tensor, start?: tensor, labels?: tensor, record?: integer, fields?: string[], info?: boolean, final?: string, progress?: boolean, h?: number, beta?: number, grows?: boolean, sigma_start?: number, sigma_end?: number, center?: number, max_steps?: integer, measurement?: tensor|function[], observed?: tensor }
---@return tensor
---@return table?
function sample.coarse_to_fine(model, options) end

--- A Brownian motion to drive samplers with: the same at any times it is asked for.
---@param options? { seed?: integer }
---@return brownian_path
function sample.brownian(options) end

--- A sampler of your own, from a start that returns a step.
---@param options { name: string, start: function, order?: number, strong_order?: number, weak_order?: number, error_order?: number }
---@return sampler
function sample.define(options) end

--- Measures a sampler on Gaussian data and a mixture, whose laws are known at all times, against its claims.
---@param sampler sampler|string one of sample.define, or the name of one here, with options: 'ddim eta = 1'
---@param options? { sde?: sde }
---@return any
function sample.certify(sampler, options) end

--- The exact variance at which a sampler that is linear in its state ends on N(0, variance) data.
---@param sampler sampler|string one of sample.define, or the name of one here, with options: 'ddim eta = 1'
---@param options? { sde?: sde, variance?: number, start?: number, times?: number[]|tensor, steps?: integer, final?: string }
---@return any
function sample.gaussian_law(sampler, options) end

--- Log-likelihoods and divergences of models along their diffusion.
---@class moondrift.likelihood
likelihood = {}

--- ln p of points under a model, by its probability flow.
---@param model model any score: a network or an exact one
---@param x tensor points, [n] and the shape of one
---@param options? { divergence?: string, probes?: integer, times?: number[], rtol?: number, atol?: number, max_steps?: integer, labels?: tensor, units?: string, offset?: number, seed?: integer, info?: boolean }
---@return tensor
---@return table?
function likelihood.ode(model, x, options) end

--- An upper bound on −ln p of points under a model, term by term.
---@param model model any score: a network or an exact one
---@param x tensor points, [n] and the shape of one
---@param options? { levels?: integer, draws?: integer, times?: number[], seed?: integer, labels?: tensor }
---@return any
function likelihood.bound(model, x, options) end

--- KL of the exact reverse process from a model's, over paths, split over time.
---@param exact model the exact score of what x was drawn from
---@param model model a score of the same diffusion
---@param x tensor points of the target, [n] and the shape of one
---@param options? { levels?: integer, draws?: integer, times?: number[], seed?: integer }
---@return any
function likelihood.path_kl(exact, model, x, options) end

--- What is known of a sample in an inverse problem: masks, and matrices with orthonormal rows.
---@class moondrift.measurement
measurement = {}

--- All of a picture but a rectangle, as a bool mask.
---@param shape integer|integer[] of a point: [d], [h, w] or [c, h, w]
---@param options? { rows?: integer[], columns?: integer[] }
---@return tensor
function measurement.inpainting(shape, options) end

--- A share of the pixels, as a bool mask.
---@param shape integer|integer[] of a point: [d], [h, w] or [c, h, w]
---@param options? { share?: number, seed?: integer }
---@return tensor
function measurement.random_pixels(shape, options) end

--- Averages of square blocks of pixels, as a matrix with orthonormal rows.
---@param shape integer|integer[] of a point: [d], [h, w] or [c, h, w]
---@param options? { factor?: integer }
---@return tensor
function measurement.super_resolution(shape, options) end

--- Random directions, as a matrix with orthonormal rows.
---@param shape integer|integer[] of a point: [d], [h, w] or [c, h, w]
---@param options? { count?: integer, seed?: integer }
---@return tensor
function measurement.random_projections(shape, options) end

--- The low frequencies, as a matrix with orthonormal rows.
---@param shape integer|integer[] of a point: [d], [h, w] or [c, h, w]
---@param options? { cutoff?: integer }
---@return tensor
function measurement.low_pass(shape, options) end

--- Update rules for training; the rate may be a function of the step.
---@class moondrift.optim
optim = {}

--- Stochastic gradient descent, with momentum where asked.
---@param options { rate: number|rate|fun(step: integer): number, momentum?: number, nesterov?: boolean, accumulate?: integer, clip?: number }
---@return optimizer
function optim.sgd(options) end

--- Adam, with decoupled weight decay where asked.
---@param options? { rate?: number|rate|fun(step: integer): number, beta1?: number, beta2?: number, epsilon?: number, weight_decay?: number, accumulate?: integer, clip?: number }
---@return optimizer
function optim.adam(options) end

--- Adam with decoupled weight decay.
---@param options? { rate?: number|rate|fun(step: integer): number, beta1?: number, beta2?: number, epsilon?: number, weight_decay?: number, accumulate?: integer, clip?: number }
---@return optimizer
function optim.adamw(options) end

--- An exponential average of the parameters over the updates.
---@param options? { decay?: number, half_life?: number, half_life_examples?: number, warm_up?: number, initial?: boolean }
---@return average
function optim.ema(options) end

--- An average of the parameters whose memory grows with the run.
---@param options? { std?: number }
---@return average
function optim.power_ema(options) end

--- Averages that a run keeps, of which fit:posthoc_ema makes others afterwards.
---@param options { folder: string, every: integer, stds?: number[] }
---@return posthoc_ema
function optim.posthoc_ema(options) end

--- Learning rates that follow the step: `optim.adam{rate = rate.cosine{rate = 1e-3, steps = 10000}}`. A function is one too.
---@class moondrift.rate
rate = {}

--- A rate that is halved, or multiplied by a factor, every so many steps.
---@param options { rate?: number|rate|fun(step: integer): number, every: integer, factor?: number }
---@return rate
function rate.step_decay(options) end

--- A rate that is multiplied by a factor after each step.
---@param options { rate?: number|rate|fun(step: integer): number, factor: number }
---@return rate
function rate.exponential(options) end

--- A rate that falls along half a cosine.
---@param options { rate?: number, steps: integer, final?: number }
---@return rate
function rate.cosine(options) end

--- A rate that is constant at first, then falls as one over the root of the step.
---@param options? { rate?: number, reference?: integer }
---@return rate
function rate.inverse_sqrt(options) end

--- A rate that rises from 0 in proportion to the step, and then is another.
---@param options { rate?: number|rate|fun(step: integer): number, steps: integer }
---@return rate
function rate.warm_up(options) end

--- One rate after the other.
---@param options? { rates?: number|rate|fun(step: integer): number[], steps?: integer[] }
---@return rate
function rate.sequence(options) end

--- Losses for train: `train(m, x, {loss = loss.denoising{weight = "min_snr"}})`. A function of yours is one too.
---@class moondrift.loss
loss = {}

--- Denoising score matching, weighted in time: the loss of train where none is given.
---@param options? { weight?: string|function, gamma?: number, sigma_data?: number }
---@return loss
function loss.denoising(options) end

--- Explicit score matching: regression on a score that is known.
---@param options { score: model, weight?: string|function, gamma?: number, sigma_data?: number }
---@return loss
function loss.explicit(options) end

--- Implicit score matching: the squared error of the score without its target, by its divergence.
---@param options? { probes?: integer, weight?: string|function, gamma?: number, sigma_data?: number }
---@return loss
function loss.implicit(options) end

--- Sliced score matching: implicit score matching along random directions, for any dimension.
---@param options? { projections?: integer, kind?: string, law?: string, weight?: string|function, gamma?: number, sigma_data?: number }
---@return loss
function loss.sliced(options) end

--- Conditional flow matching: the squared error of the velocity.
---@param options? { pairing?: string, weight?: function }
---@return loss
function loss.flow_matching(options) end

--- The squared error of the noise that a blind denoiser subtracts, alike at all levels.
---@return loss
function loss.blind() end

--- How train draws times: `train(m, x, {time = draw.log_normal{mean = -1.2, std = 1.2}})`. A function is one too.
---@class moondrift.draw
draw = {}

--- Times drawn uniformly, as train does where it is told none.
---@param options? { first?: number, last?: number, antithetic?: boolean, stratified?: boolean, importance?: boolean }
---@return draw
function draw.uniform(options) end

--- Times whose noise level σ/α is log-normal.
---@param options? { mean?: number, std?: number, antithetic?: boolean, stratified?: boolean, importance?: boolean }
---@return draw
function draw.log_normal(options) end

--- Times whose noise level σ/α is uniform in its logarithm.
---@param options? { sigma_min?: number, sigma_max?: number, antithetic?: boolean, stratified?: boolean, importance?: boolean }
---@return draw
function draw.log_uniform(options) end

--- Times whose logit is normal: more in the middle of the diffusion than at its ends.
---@param options? { mean?: number, std?: number, antithetic?: boolean, stratified?: boolean, importance?: boolean }
---@return draw
function draw.logit_normal(options) end

--- Times whose noise level σ/α has a density that is a power of it.
---@param options? { exponent?: number, sigma_min?: number, sigma_max?: number, antithetic?: boolean, stratified?: boolean, importance?: boolean }
---@return draw
function draw.power(options) end

--- The same time for all examples: the law of x_t at one time is learnt.
---@param options { t: number }
---@return draw
function draw.fixed(options) end

--- Training by denoising score matching: `fit = train(model, data, {...})`.
---@class moondrift.train
---@overload fun(model: model|model[], data: tensor|data_source|tensor|data_source[], options?: { steps?: integer, epochs?: integer, batch?: integer, noises?: integer, labels?: tensor, optimizer?: optimizer, time?: function|draw, antithetic?: boolean, common?: string, weight?: function, loss?: function|loss, ema?: number|average, posthoc_ema?: posthoc_ema, probe?: table, checkpoint?: table, log_every?: integer, seed?: integer|integer[], progress?: boolean }): any
---@field last any The fit of the last run, or the list of them, also after an error or Ctrl-C; nil before the first.
train = {}

--- A training run that has made no update yet: `fit:advance(n)` makes n of them.
---@param model model|model[] a network, or a list of them
---@param data tensor|data_source|tensor|data_source[] points, shape [n, d] or [n] and the model's shape, or a data_source; or a list, one for each model
---@param options? { steps?: integer, epochs?: integer, batch?: integer, noises?: integer, labels?: tensor, optimizer?: optimizer, time?: function|draw, antithetic?: boolean, common?: string, weight?: function, loss?: function|loss, ema?: number|average, posthoc_ema?: posthoc_ema, probe?: table, checkpoint?: table, log_every?: integer, seed?: integer|integer[], progress?: boolean }
---@return any
function train.start(model, data, options) end

--- Two networks trained alike on two sets of points without a point in common.
---@param model model a network; it is trained on the first set, and a copy of it on the last
---@param data tensor|tensor[] points, shape [n, d] or [n] and the model's shape; or a list of two sets
---@param options? { size?: integer, steps?: integer, epochs?: integer, batch?: integer, noises?: integer, labels?: tensor, optimizer?: optimizer, time?: function|draw, antithetic?: boolean, common?: string, weight?: function, loss?: function|loss, ema?: number|average, posthoc_ema?: posthoc_ema, probe?: table, checkpoint?: table, log_every?: integer, seed?: integer|integer[], progress?: boolean }
---@return fit
---@return fit
function train.twins(model, data, options) end

--- A run that fit:save wrote: the same numbers as if it had never stopped.
---@param path string
---@param data tensor|data_source the points that the run was started with
---@param options? { labels?: tensor, optimizer?: optimizer, time?: function|draw, weight?: function, loss?: function|loss, probe?: table, checkpoint?: table, progress?: boolean, model?: model }
---@return any
function train.resume(path, data, options) end

--- Theory that can be run: models at any training time, spectra, and closed forms.
---@class moondrift.theory
theory = {}

--- Gradient flow of a random-features model on the denoising loss, solved exactly for all training times.
---@param model model an nn.random_features that predicts the score; its weights are the start
---@param data tensor|target points [n, d], or a target, which stands for infinitely many
---@param options? { time?: number[], times?: integer, nodes?: integer, draws?: integer, weight?: function, test?: tensor|target, seed?: integer }
---@return gradient_flow
function theory.gradient_flow(model, data, options) end

--- Random features in high dimension on normal data at one time: spectrum, and losses at any training time.
---@param options { dimension?: integer, width?: integer, count?: integer, time?: number, activation?: string, draws?: integer, sde: sde, seed?: integer }
---@return random_features_flow
function theory.random_features(options) end

--- Where the eigenvalues of random features lie for large d, n and p, and when they memorize.
---@param options { psi_p: number, psi_n: number, sde: sde, time?: number, activation?: string }
---@return any
function theory.random_features_spectrum(options) end

--- Gradient flow of a linear score on a data set of mean 0, solved exactly for all training times.
---@param data tensor points [n, d]
---@param options { sde: sde }
---@return linear_flow
function theory.linear_denoiser(data, options) end

--- E KL(N(0, I_d) ‖ N(0, Σ̂)) for the covariance Σ̂ of N points: what the best linear denoiser of a data set loses.
---@param dimension integer d
---@param count integer N, above d + 1
---@return number
function theory.covariance_kl(dimension, count) end

--- When trajectories going back in time commit to a class, ½ ln Λ.
---@param options? { data?: tensor, covariance?: number|boolean|table|tensor, variance?: number, sde?: sde }
---@return number
function theory.speciation_time(options) end

--- The chance that two clones of a trajectory end in one class, for two normal classes.
---@param t number time at which the trajectory is cloned
---@param options { separation: number, std?: number, sde?: sde }
---@return number
function theory.cloning(t, options) end

--- The potential of the overlap with the classes, one well or two.
---@param q number|number[] overlap m·x/√d, a number or a list of them
---@param t number time of the Ornstein–Uhlenbeck process
---@param options { mu: number, dimension: integer }
---@return tensor
---@return number
function theory.class_potential(q, t, options) end

--- When the empirical score of n samples turns to single training points.
---@param law target|tensor a target, by its entropy; or data, by the weight of a point's own
---@param options? { n?: number, weight?: number, sde?: sde, draws?: integer, seed?: integer }
---@return number
---@return any
function theory.collapse_time(law, options) end

--- How far the samples at a time are from collapse, (ln n − I(x_0; x_t))/d.
---@param law target a target
---@param t number time
---@param options { n: number, sde?: sde, draws?: integer, seed?: integer }
---@return number
---@return number
function theory.excess_entropy(law, t, options) end

--- How much noise leaves of a point, I(x_0; x_t) in nats.
---@param law target a target whose noised marginals have a density
---@param snr number α²/σ²
---@param options? { draws?: integer, seed?: integer }
---@return number
---@return number
function theory.mutual_information(law, snr, options) end

--- The posterior weight of the training point that a noised point came from.
---@param data tensor points, shape [n, d], or pictures
---@param t number time
---@param options? { sde?: sde, draws?: integer, seed?: integer }
---@return number
---@return number
function theory.own_weight(data, t, options) end

---@class moondrift
---@field tensor moondrift.tensor
---@field random moondrift.random
---@field linalg moondrift.linalg
---@field grad moondrift.grad
---@field sde moondrift.sde
---@field schedule moondrift.schedule
---@field target moondrift.target
---@field nn moondrift.nn
---@field metric moondrift.metric
---@field data moondrift.data
---@field file moondrift.file
---@field plot moondrift.plot
---@field sample moondrift.sample
---@field likelihood moondrift.likelihood
---@field measurement moondrift.measurement
---@field optim moondrift.optim
---@field rate moondrift.rate
---@field loss moondrift.loss
---@field draw moondrift.draw
---@field train moondrift.train
---@field theory moondrift.theory
moondrift = {}

--- Versions of the parts and what they run on, as `--version` prints and every run records.
---@return any
function moondrift.version_info() end

--- Seconds that have passed, for telling how long something took.
---@return number
function moondrift.seconds() end

--- Runs a function in a process of its own, a copy of this one, and goes on at once.
---@param f function called without arguments; returns a string
---@param options? { threads?: integer, seed?: integer }
---@return child_process
function moondrift.start(f, options) end

--- Waits until one of some processes has ended.
---@param children child_process[]
---@param seconds number at most so long
---@return integer?
function moondrift.wait(children, seconds) end

--- Writes a line on stderr over the one before, where that is a terminal.
---@param text string one line; the empty string takes the line away
function moondrift.progress(text) end
