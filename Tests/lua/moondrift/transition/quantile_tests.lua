-- Against scipy.stats: norm.ppf, norm.cdf, norm.logcdf, norm.pdf(x)/norm.cdf(x), t.ppf.
local check = require "check"
local quantile = require "moondrift.transition.quantile"

for p, z in pairs{[0.975] = 1.959963984540054, [0.95] = 1.6448536269514722, [0.6] = 0.2533471031357997, [0.025] = -1.9599639845400545} do
  check.near(quantile.normal(p), z, 1e-12)
end
for _, row in ipairs{
  {-8, 6.22096057427174e-16, -35.01343715991456, 8.121368112236171}, {-3.5, 0.00023262907903552502, -8.366065308344094, 3.7513912648577006},
  {-2.9, 0.0018658133003840375, -6.284058234947419, 3.1903151395429825}, {-1, 0.15865525393145707, -1.8410216450092634, 1.525135276160981},
  {0.3, 0.6179114221889526, -0.4814101615884813, 0.6172208536127346}, {4, 0.9999683287581669, -3.1671743377489206e-05, 0.00013383446446857517},
} do
  local x, cdf, log_cdf, mills = table.unpack(row)
  check.near(quantile.normal_cdf(x) / cdf, 1, 1e-11)
  check.near(quantile.log_normal_cdf(x), log_cdf, 1e-11)
  check.near(quantile.inverse_mills(x) / mills, 1, 1e-11)
end
check.near(quantile.log_normal_cdf(-40), -804.6084420137539, 1e-9)
for _, row in ipairs{
  {0.975, 1, 12.706204736174694}, {0.975, 2, 4.302652729749462}, {0.95, 3, 2.3533634348018233}, {0.9, 7, 1.4149239276505086},
  {0.3, 4, -0.5686490630497053}, {0.975, 30, 2.0422724563012378},
} do
  check.near(quantile.student(row[1], row[2]), row[3], 1e-10)
end
check.rejects("one degree of freedom too few", check.near, quantile.student(0.975, 1), 4.302652729749462, 1e-10)
